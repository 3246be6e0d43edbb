"""What the filters that were identified answer to images whose derivatives are known."""

from typing import NamedTuple

import numpy as np

from jaxcnn.analysis import Derivative, answers, identify
from jaxcnn.labs.filters.derivatives import MOST, chosen_of
from jaxcnn.labs.filters.training import Run
from jaxcnn.labs.report import Chart, Paragraph, Section, Table
from jaxcnn.plots.lines import lines

ANGLES = np.arange(0.0, 360.0)  # degrees


class Answered(NamedTuple):
    """What a filter answers to images in all directions.

    Attributes:
        curve: the answers, over the strongest.
        strongest: the direction of the strongest, degrees.
        apart: of that and the direction by moments, degrees; None where there is none, as for a Laplacian.
        weakest: answer over the strongest.
    """

    curve: np.ndarray
    strongest: float
    apart: float | None
    weakest: float


def known_images(run: Run) -> Section:
    """Filter images whose derivatives are known, and compare directions: a check of the computation alone."""
    found = identify(run.kernels)
    checked = {n: _answered(found[n], run.kernels[n]) for order in MOST for n in chosen_of(found, order)}
    told = Paragraph(
        "Images are filtered that grow by 1 a pixel in a known direction (ramps, for first derivatives), or curve by 1 "
        "along a known direction (parabolas, for second ones), one for each degree. To a ramp a filter answers most "
        "where the image grows in the direction of its first moments, and like a cosine; to a parabola a second "
        "derivative answers most where the image curves along its axis, a Laplacian alike in all directions, a mixed "
        "derivative most between its axes. For every filter of mean zero the answer follows exactly from the moments, "
        "so that the two agree checks the computation of both, and not whether the filter is a derivative."
    )
    if not checked:
        return Section(
            "Checked on known images",
            (told, Paragraph("No filter is nearest to a derivative, so there is none to check.")),
        )
    curves = {f"filter {number}, {found[number].kind}": one.curve.tolist() for number, one in checked.items()}
    figure = lines(curves, x="direction of the image (°)", y="answer / strongest answer", at=ANGLES.tolist(), marker="")
    chart = Chart("What the filters answer to ramps and parabolas in all directions.", "answers", figure)
    numbers = {str(number): {**one._asdict(), "by moments": found[number].angle} for number, one in checked.items()}
    for one in numbers.values():
        del one["curve"]
    return Section("Checked on known images", (told, _table(found, checked), chart), numbers)


def _answered(one: Derivative, kernel: np.ndarray) -> Answered:
    given = answers(kernel, one.order, ANGLES, one.centre)
    sizes = np.abs(given)
    strongest = float(ANGLES[np.argmax(given if one.order == 1 else sizes)])
    strongest -= 360 if strongest > 180 else 0  # as directions by moments are written
    apart = None if one.angle is None else _apart(one, strongest)
    return Answered(given / sizes.max(), strongest, apart, float(sizes.min() / sizes.max()))


def _table(found: tuple[Derivative, ...], checked: dict[int, Answered]) -> Table:
    columns = ("filter", "approximates", "images", "direction by moments (°)", "of strongest answer (°)", "apart (°)")
    rows = []
    for number, one in checked.items():
        derivative = found[number]
        images = "ramps" if derivative.order == 1 else "parabolas"
        angles = ("-" if angle is None else angle for angle in (derivative.angle, one.strongest, one.apart))
        rows.append((str(number), derivative.kind, images, *angles, one.weakest))
    return Table("Directions by moments and by images.", (*columns, "weakest / strongest"), tuple(rows))


def _apart(one: Derivative, strongest: float) -> float:
    """Return the angle between two directions, of which some stand for the same."""
    period = 360 if one.order == 1 else 180
    angle = one.angle or 0.0
    if one.order == 2 and ("dxdy" in one.kind or "mixed" in one.kind):
        angle, period = angle + 45, 90
    return float(abs((strongest - angle + period / 2) % period - period / 2))
