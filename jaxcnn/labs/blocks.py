"""Parts of reports that several labs show."""

from collections.abc import Sequence

from jaxcnn.analysis import LayerRow
from jaxcnn.labs.report import Table


def network_table(rows: Sequence[LayerRow], caption: str = "The network, layer by layer.") -> Table:
    """Return the table of `jaxcnn.analysis.layer_table`: what it takes to build the network again."""
    columns = ("layer", "outputs", "kernel", "strides", "padding (rows, columns)", "parameters", "which are")
    entries = tuple(
        (
            row.name,
            _times(row.outputs),
            _times(row.kernel),
            _times(row.strides),
            ", ".join(f"{low} + {high}" for low, high in row.padding),
            row.parameters,
            row.counted.replace(" x ", " × "),
        )
        for row in rows
    )
    total = ("all", "", "", "", "", sum(row.parameters for row in rows), "")
    return Table(caption, columns, (*entries, total))


def _times(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))
