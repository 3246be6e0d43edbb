"""The settings of a lab: plain numbers, words and switches, each of which can be changed by its name."""

import dataclasses
import math
import types
import typing
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

OWN_OPTIONS = ("seed", "quick", "data", "data_dir")  # of the command line; all others are changed by --set
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class LabConfig:
    """What the settings of all labs share; a lab adds its own.

    Attributes:
        seed: of everything random.
        quick: whether this is the quick form, the same path in seconds on little data.
        data: "digits", "mnist", "fashion_mnist", "svhn", or the path of a folder.
        data_dir: where data lie; None for the default of `jaxcnn.datasets.data_directory`.
    """

    seed: int = 0
    quick: bool = False
    data: str = "mnist"
    data_dir: str | None = None

    def quickened(self) -> Self:
        """Return the quick form: on the embedded digits; labs make what takes long short as well."""
        return replace(self, quick=True, data="digits")

    @classmethod
    def settable(cls) -> dict[str, Any]:
        """Return the types of the settings that `changed` takes, by name."""
        kinds = typing.get_type_hints(cls)
        return {field.name: kinds[field.name] for field in dataclasses.fields(cls) if field.name not in OWN_OPTIONS}

    def changed(self, settings: Iterable[str]) -> Self:
        """Return a copy with settings changed.

        Args:
            settings: like "epochs=3".

        Raises:
            ValueError: if one is not of that form, names none of `settable`, or its value is not of the right kind.
        """
        given = {}
        for setting in settings:
            name, equals, text = setting.partition("=")
            kinds = self.settable()
            if not equals or name not in kinds:
                names = ", ".join(kinds) or "none: this lab has no settings"
                raise ValueError(f"`--set` must be like name=value, with a name among {names}; got {setting!r}.")
            given[name] = _parsed(name, text, kinds[name])
        return replace(self, **given)


def _parsed(name: str, text: str, kind: Any) -> Any:
    """Return `text` as a value of a type, or raise one sentence."""
    kinds = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    if text == "none" and type(None) in kinds:
        return None
    (plain,) = (one for one in kinds if one is not type(None))
    try:
        value = _WORDS[text.lower()] if plain is bool else plain(text)
    except (KeyError, ValueError):
        wanted = {bool: "true or false", int: "a whole number", float: "a number"}[plain]
        or_none = " or none" if type(None) in kinds else ""
        raise ValueError(f"`--set {name}` must be {wanted}{or_none}; got {text!r}.") from None
    if plain is float and not math.isfinite(value):
        raise ValueError(f"`--set {name}` must be finite; got {text!r}.")
    return value
