"""Pairs of a correct derivative rule and a buggy twin with the same primal, by which checkers are judged."""

from __future__ import annotations

from . import (
    activations,
    convolution,
    elementary,
    geometry,
    handling,
    indexing,
    linear,
    losses,
    matrices,
    nested,
    normalisation,
    parameters,
    pooling,
    recurrent,
    softmaxes,
    special,
)
from ._pair import DIAGNOSES, Pair

CORPUS: tuple[Pair, ...] = (
    *activations.PAIRS,
    *elementary.PAIRS,
    *softmaxes.PAIRS,
    *losses.PAIRS,
    *normalisation.PAIRS,
    *linear.PAIRS,
    *convolution.PAIRS,
    *pooling.PAIRS,
    *indexing.PAIRS,
    *geometry.PAIRS,
    *matrices.PAIRS,
    *recurrent.PAIRS,
    *special.PAIRS,
    *handling.PAIRS,
    *nested.PAIRS,
    *parameters.PAIRS,
)

__all__ = ["CORPUS", "DIAGNOSES", "Pair"]
