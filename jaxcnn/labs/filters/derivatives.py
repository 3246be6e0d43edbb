"""Which filters of the first layer approximate derivatives, in which direction, and why."""

import jax
import numpy as np

from jaxcnn.analysis import Derivative, identify, of_layer
from jaxcnn.analysis.derivative_filters import QUALIFIES
from jaxcnn.labs.filters.training import Run
from jaxcnn.labs.report import Block, Chart, Equation, Paragraph, Section, Table
from jaxcnn.plots.filters import filters as filter_grid
from jaxcnn.training.config import INITIALIZERS

MOST = {1: 4, 2: 2}  # how many filters of each order that qualify are looked at closely
WANTED = {1: 2, 2: 1}  # how many the assignment asks for
RANDOM = 2_000  # filters drawn as before training, to know what chance alone gives
_WORDS = ("right", "lower right", "down", "lower left", "left", "upper left", "up", "upper right")
_ORDERS = {1: "first", 2: "second"}


def derivatives(run: Run) -> Section:
    """Say of every filter which derivative it approximates, and of the best ones why."""
    found = identify(run.kernels)
    best = {order: chosen_of(found, order) for order in MOST}
    chosen = [number for numbers in best.values() for number in numbers]
    chance = np.mean([one.qualifies for one in identify(_random_filters(run))])
    qualified = sum(one.qualifies and one.order > 0 for one in found)
    blocks: list[Block] = [
        Paragraph(
            "A filter k answers, at each pixel, with the sum of its taps times the pixels that they lie on. Where the "
            "image f is smooth, Taylor's formula writes this as a sum of derivatives:"
        ),
        Equation(
            r"\sum_{u,v} k_{vu}\, f(x + u, y + v) = \sum_{p,q} m_{pq}\, "
            r"\frac{\partial^{p+q} f}{\partial x^p\, \partial y^q}, \qquad "
            r"m_{pq} = \sum_{u,v} k_{vu}\, \frac{u^p\, v^q}{p!\, q!}",
            "with *u* columns to the right and *v* rows down. The **order** of a filter is that of the "
            "finite-difference stencils whose best combination (least squares) explains the most of its taps; its "
            "**direction** is that of its moments of this order, in degrees clockwise from the right: 90° is down.",
        ),
        Paragraph(
            f"A filter counts as a derivative where the stencils of its order explain at least {100 * QUALIFIES:.0f} % "
            f"of the sum of its squares: {qualified} of {len(found)} do. Of {RANDOM:,} filters as they are before "
            f"training {100 * chance:.1f} % do, by chance: about {len(found) * chance:.1f} of {len(found)}."
        ),
        *(Paragraph(_verdict(order, best[order], found)) for order in best),
    ]
    if chosen:
        titles = [f"{number}: {found[number].kind}{_degrees(found[number])}" for number in chosen]
        caption = "The filters that are named above, with what each approximates."
        grid = filter_grid(run.kernels[chosen], titles, columns=max(3, min(len(chosen), 4)))
        blocks.append(Chart(caption, "derivative-filters", grid))
    blocks.append(_table(found))
    numbers = {
        "qualified": {str(n): _numbers(one) for n, one in enumerate(found) if one.qualifies and one.order},
        "explained by order": [list(one.shares) for one in found],
        "share of random filters that qualify": chance,
    }
    return Section("Which derivatives they are", tuple(blocks), numbers)


def chosen_of(found: tuple[Derivative, ...], order: int) -> list[int]:
    """Return the numbers of the filters of an order that are looked at, the best explained first.

    Those that qualify; and where they are fewer than the assignment asks for, the nearest of the others.
    """
    numbers = [number for number, one in enumerate(found) if one.order == order]
    numbers.sort(key=lambda number: -found[number].explained)
    qualified = sum(found[number].qualifies for number in numbers)
    return numbers[: max(WANTED[order], min(qualified, MOST[order]))]


def _random_filters(run: Run) -> np.ndarray:
    """Return filters drawn as those of the first layer were before training, means subtracted."""
    shape = (*run.first.params["conv_0"]["kernel"].shape[:3], RANDOM)
    return of_layer(np.asarray(INITIALIZERS[run.config.init](jax.random.key(run.config.seed), shape, np.float32)))


def _verdict(order: int, numbers: list[int], found: tuple[Derivative, ...]) -> str:
    """Return what is said of one order: which filters, with direction and reason, and whether they qualify."""
    title = f"*{_ORDERS[order].capitalize()} derivatives.*"
    qualified = [
        f"**Filter {number}** approximates {_reason(found[number])}" for number in numbers if found[number].qualifies
    ]
    others = [
        f"**Filter {number}** is nearest to {_reason(found[number])}"
        for number in numbers
        if not found[number].qualifies
    ]
    if len(qualified) >= WANTED[order]:
        return f"{title} {' '.join(qualified)}"
    amount = len(qualified) or "none"
    told = f"{title} The assignment asks for {WANTED[order]}, and {amount} of these filters qualifies."
    rest = (
        f"The nearest of the others: {' '.join(others)}"
        if others
        else "No other filter is nearer to this order than to another."
    )
    return " ".join([told, *qualified, rest])


def _reason(one: Derivative) -> str:
    m = one.moments
    shares = ", ".join(f"{100 * share:.0f} % of order {order}" for order, share in enumerate(one.shares))
    if one.order == 1:
        about = f"its first moments are ({m[1]:.3g}, {m[2]:.3g}), so it answers most where the image grows brighter "
        about += f"towards {one.angle:.0f}° ({_WORDS[round((one.angle or 0) / 45) % 8]})"
    else:
        about = f"its second moments are ({m[3]:.3g}, {m[4]:.3g}, {m[5]:.3g}) for dxx, dxy and dyy"
        about += "" if one.angle is None else f", with its axis at {one.angle:.0f}°"
    return f"{one.kind}: {about}; the stencils explain {shares} of its squares."


def _table(found: tuple[Derivative, ...]) -> Table:
    rows = tuple(
        (
            str(number),
            one.order,
            one.kind,
            "-" if one.angle is None else round(one.angle),
            *(100 * s for s in one.shares),
            "yes" if one.qualifies and one.order else "",
        )
        for number, one in enumerate(found)
    )
    columns = (
        "filter",
        "order",
        "nearest to",
        "direction (°)",
        "order 0 (%)",
        "order 1 (%)",
        "order 2 (%)",
        "qualifies",
    )
    return Table("Every filter: the share of its squares that the stencils of each order explain.", columns, rows)


def _numbers(one: Derivative) -> dict[str, object]:
    return {"order": one.order, "kind": one.kind, "angle": one.angle, "explained": one.explained}


def _degrees(one: Derivative) -> str:
    return "" if one.angle is None else f", {one.angle:.0f}°"
