"""The one error of this package."""


class CheckpointError(ValueError):
    """A checkpoint that cannot be used; the message names it and says why."""
