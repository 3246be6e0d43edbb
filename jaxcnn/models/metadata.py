"""What a model file says beside the network and its parameters: the classes, how pixels are scaled, and a sum."""

import json
from typing import Any

from jaxcnn.models.errors import ModelError
from jaxcnn.models.model import Model
from jaxcnn.models.sums import content_sum

NAME = "jaxcnn"  # under which a file carries it
_FORMAT = 1


def described(model: Model, network: str) -> str:
    """Return it as JSON; `network` is the text in which the file describes the network, which the sum includes."""
    told = {"format": _FORMAT, "classes": list(model.classes), "low": model.low, "high": model.high}
    return json.dumps({**told, "sha256": content_sum((network, json.dumps(told)), model.params)})


def parsed(text: str) -> dict[str, Any]:
    """Return what a text of `described` says.

    Raises:
        ModelError: if it is none.
    """
    told = json_object(text)
    if told.get("format") != _FORMAT:
        raise ModelError(
            f"it is in format {told.get('format')!r}, and only {_FORMAT} is known: a newer jaxcnn wrote it"
        )
    classes, low, high = told.get("classes"), told.get("low"), told.get("high")
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise ModelError("it does not name its classes")
    if not isinstance(low, float) or not isinstance(high, float) or not isinstance(told.get("sha256"), str):
        raise ModelError("it does not say how pixels are scaled, or has no sum")
    return told


def check_sum(model: Model, told: dict[str, Any], network: str) -> None:
    """Refuse a model that is not the one that was saved.

    Raises:
        ModelError: if the sums differ.
    """
    without = {name: value for name, value in told.items() if name != "sha256"}
    if content_sum((network, json.dumps(without)), model.params) != told["sha256"]:
        raise ModelError("its content does not match its sum: it was damaged, or changed by another program")


def json_object(text: str) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        ModelError: if the text is none, or nested deeper than any that is written here.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"a description in it is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise ModelError("a description in it is no JSON object")
    return found
