"""The error of a run that cannot go on."""


class TrainingError(ValueError):
    """Training has failed; the message is one sentence."""
