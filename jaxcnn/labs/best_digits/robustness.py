"""How much the network bears: test images disturbed in known ways, and the scans of other writers."""

import numpy as np

from jaxcnn.analysis import DISTURBANCES, disturbed
from jaxcnn.datasets import load_digits, load_scans
from jaxcnn.labs.best_digits.training import Run
from jaxcnn.labs.report import Block, Chart, Paragraph, Section, Table
from jaxcnn.models import Model
from jaxcnn.photographs import PhotographError, digit_of
from jaxcnn.plots.samples import samples

_SHOWN = 12


def robustness(run: Run) -> Section:
    """Disturb test images, more and more, and count what is still recognised."""
    test, count, seed = run.data.test, min(run.config.disturbed, len(run.data.test)), run.config.seed
    chosen = np.random.default_rng(seed).permutation(len(test))[:count]
    images, labels = test.images[chosen], test.labels[chosen]
    few = min(run.config.searched, count)
    apart = ", with none of the code that varied the training images" if run.config.varied else ""
    plain = accuracy(run.model, images, labels)
    rows, shown, titles = [], [], []
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name, kind in DISTURBANCES.items():
        found[name] = {}
        for strength in kind.strengths:
            changed = disturbed(images, name, strength, seed=seed)
            as_is, first = accuracy(run.model, changed, labels), _searched(run.model, changed[:few], labels[:few])
            rows.append((name, strength, kind.unit, 100 * as_is, 100 * first))
            found[name][f"{strength:g}"] = {"as it is": as_is, "digit found first": first}
        shown.append(changed[0])
        titles.append(f"{name} {strength:g}")
    told = Paragraph(
        f"{count:,} test images, drawn at random, are disturbed by SciPy{apart}. "
        f"Undisturbed, {100 * plain:.2f} % of them are recognised. The last column is for the first "
        f"{few:,} of them, whose digit is found and framed before, as `jaxcnn predict` does it."
    )
    columns = ("disturbance", "strength", "unit", "recognised as it is (%)", "digit found first (%)")
    figure = samples(np.stack(shown), titles, columns=6)
    blocks = (
        told,
        Table("How many of the disturbed images are recognised.", columns, tuple(rows)),
        Chart("One image, disturbed in every way, at the greatest strength.", "disturbed", figure),
    )
    numbers = {"undisturbed": plain, "images": count, "searched": few, **found}
    return Section("Robustness", blocks, numbers)


def other_writers(run: Run) -> Section:
    """Score the network on scans that come from other people, another country and another scanner."""
    scans, labels = load_scans("test")
    framed, _ = load_digits("test")
    if run.config.quick:
        scans, labels, framed = scans[: 2 * _SHOWN], labels[: 2 * _SHOWN], framed[: 2 * _SHOWN]
    stretched = np.stack([_stretched(scan) for scan in scans])
    ways: dict[str, float] = {
        "white on black, the digit found": _searched(run.model, scans[..., None], labels),
        "black on white, the digit found": _searched(run.model, 255 - scans[..., None], labels),
        "enlarged to 20 × 20 in a frame of 28 × 28": accuracy(run.model, framed, labels),
        "stretched to 28 × 28": accuracy(run.model, stretched, labels),
        "stretched to 28 × 28, black on white": accuracy(run.model, 255 - stretched, labels),
    }
    source = run.data.train.provenance
    before = source.name == "digits"  # whether the writers were known before the last epochs, which add their scans
    known = before or run.config.last_epochs > 0
    told = Paragraph(
        f"{len(scans):,} scans of 8 × 8 pixels that were held out: digits of people in Turkey, collected by Alpaydin "
        "and Kaynak (1998), which come with scikit-learn. As pictures for `jaxcnn predict`, "
        f"**{100 * ways['white on black, the digit found']:.2f} %** are recognised. " + _known(known, source.route)
    )
    blocks: list[Block] = [told]
    numbers: dict[str, object] = {"images": len(scans), "writers known": known, **ways}
    if run.ended is not None and not before and source.route != "folder":
        every, right = (np.concatenate(both) for both in zip((scans, labels), load_scans("train"), strict=True))
        unknown = _searched(run.model_of(run.trained), every[..., None], right)
        blocks.append(
            Paragraph(
                "How well it does with writers that it knows nothing of is told by the network before its last epochs, "
                f"which had learned from `{source.name}` alone: of {len(every):,} scans it recognises "
                f"**{100 * unknown:.2f} %**."
            )
        )
        numbers |= {"writers unknown: images": len(every), "writers unknown: the digit found": unknown}
    few = scans[:_SHOWN]
    pictures = np.concatenate([np.stack([_stretched(scan, smooth=False) for scan in few]), _found(few)])
    figure = samples(pictures, [*labels[:_SHOWN].astype(str), *[""] * _SHOWN], columns=_SHOWN)
    blocks += [
        Table("How many of the scans are recognised.", ("the scan", "recognised (%)"), _percent(ways)),
        Chart("Scans, with their labels, and below what the network sees of each.", "other-writers", figure),
    ]
    return Section("Other writers", tuple(blocks), numbers)


def accuracy(model: Model, images: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of the images, (N, 28, 28, 1), that are recognised."""
    return float(np.mean(np.argmax(model.log_probabilities(images), axis=1) == labels))


def _known(known: bool, route: str) -> str:
    if known:
        return "Other scans of the same people were learned from."
    if route == "folder":
        return "Whether images of theirs are in the folder that was learned from is not known here."
    return "No scan of theirs was learned from."


def _searched(model: Model, pictures: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of pictures, (N, H, W, 1), whose digit is found and recognised; those without are wrong."""
    found, known = [], []
    for picture, label in zip(pictures[..., 0], labels, strict=True):
        try:
            found.append(digit_of(picture))
            known.append(label)
        except PhotographError:
            continue
    return accuracy(model, np.stack(found), np.array(known)) * len(found) / len(pictures) if found else 0.0


def _found(scans: np.ndarray) -> np.ndarray:
    return np.stack([digit_of(scan) for scan in scans])


def _stretched(scan: np.ndarray, *, smooth: bool = True) -> np.ndarray:
    from PIL import Image

    how = Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(scan).resize((28, 28), how))[..., None]


def _percent(shares: dict[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple((name, 100 * share) for name, share in shares.items())
