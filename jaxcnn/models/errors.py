"""The one error of this package."""


class ModelError(ValueError):
    """A model file that cannot be used, or a model that a file cannot hold; the message names file and fault."""
