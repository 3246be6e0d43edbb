"""The one error of this package."""


class ProcessError(ValueError):
    """A run of several processes that cannot begin or go on; the message says which process, and why."""
