"""The one error of this package."""


class DataError(ValueError):
    """Data that cannot be used, or are not there; the message names the file, the fault and, if any, the remedy."""
