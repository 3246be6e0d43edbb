"""What is raised for pictures in which no digit can be found."""


class PhotographError(ValueError):
    """A picture is too small, blank, or has nothing on it that could be a digit."""
