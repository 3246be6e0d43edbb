"""Who may import whom: proved from the sources, so that an import inside a function counts as well."""

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("jaxcnn", "verify")

# jaxcnn from leaf to top: a part imports only parts of its own row and of those above it here.
LAYERS = (
    ("_types", "_windows", "_taps", "_files"),
    ("processes",),
    ("ops",),
    ("rules",),
    ("layers", "network", "parameters", "apply", "by_hand", "flax_reading", "zoo", "_checks", "python_loop"),
    ("fast",),
    (
        "faults",
        "datasets",
        "jacobians",
        "matrices",
        "training",
        "verification",
        "models",
        "checkpoints",
        "analysis",
        "plots",
        "photographs",
    ),
    ("labs",),
    ("cli",),
    ("__main__", "__init__"),
)
SEES_VERIFY = ("matrices", "verification", "labs", "cli")
# What parts of verify import of it beside themselves: matrices and norms are mathematics, and know of no check.
ALONE = {"matrices": (), "spectra": ("matrices",)}
OPTIONAL = {
    "PIL",
    "asdex",
    "dask",
    "distributed",
    "equinox",
    "h5py",
    "hypothesis",
    "jinja2",
    "keras",
    "matplotlib",
    "mpmath",
    "pooch",
    "pytest",
    "safetensors",
    "scipy",
} | {
    "sklearn",
    "tensorflow_datasets",
}
NEEDS_OPTIONAL = ("jaxcnn.datasets.array_records.builder", "verify.strategies", "verify.pytest_plugin")


class Import(NamedTuple):
    importer: str
    imported: str
    at_load: bool  # False inside a function or under `if TYPE_CHECKING`


def modules(root: Path) -> dict[str, Path]:
    """Return the packages' files by dotted name; a package's own file ends in `.__init__`."""
    files = (file for package in PACKAGES for file in sorted((root / package).rglob("*.py")))
    return {".".join(file.relative_to(root).with_suffix("").parts): file for file in files}


def imports(root: Path) -> list[Import]:
    """Return every import between or out of the packages' modules, relative ones and submodules resolved."""
    files = modules(root)

    def target(name: str) -> str:
        return f"{name}.__init__" if f"{name}.__init__" in files else name

    def targets(importer: str, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (target(alias.name) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            parents = importer.split(".")[: -node.level] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            for alias in node.names:
                submodule = target(f"{base}.{alias.name}")
                yield submodule if submodule in files else target(base)

    def walk(importer: str, node: ast.AST, at_load: bool) -> Iterator[Import]:
        yield from (Import(importer, name, at_load) for name in targets(importer, node))
        lazy = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or (
            isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        )
        for child in ast.iter_child_nodes(node):
            yield from walk(importer, child, at_load and not lazy)

    return [found for name, file in files.items() for found in walk(name, ast.parse(file.read_text("utf-8")), True)]


def layer(module: str) -> int:
    """Return the row of `LAYERS` that a module of jaxcnn belongs to."""
    part = module.split(".")[1]
    rows = [row for row, parts in enumerate(LAYERS) if part in parts]
    assert rows, f"jaxcnn/{part} has no place in LAYERS: say in {Path(__file__).name} what it may import"
    return rows[0]


def violations(root: Path) -> list[str]:
    """Return one sentence for every import that breaks a rule."""
    found, graph = [], {name: set() for name in modules(root)}
    for importer, imported, at_load in imports(root):
        source, goal = importer.split(".")[0], imported.split(".")[0]
        if at_load and imported in graph:
            graph[importer].add(imported)
        if source == "verify" and goal == "jaxcnn":
            found.append(f"{importer} imports {imported}: verify must know nothing of jaxcnn")
        if source == "jaxcnn" and goal == "verify" and not importer.split(".")[1].startswith(SEES_VERIFY):
            found.append(f"{importer} imports {imported}: only {', '.join(SEES_VERIFY)} may use verify")
        if source == goal == "verify" and (part := importer.split(".")[1]) in ALONE:
            if imported.split(".")[1] not in (part, *ALONE[part]):
                found.append(f"{importer} imports {imported}: {part} may use {', '.join(ALONE[part]) or 'itself only'}")
        if source == goal == "jaxcnn" and layer(importer) < layer(imported):
            found.append(f"{importer} imports {imported}: a later layer")
        if at_load and goal in OPTIONAL and not importer.startswith(NEEDS_OPTIONAL):
            found.append(
                f"{importer} imports {imported} when it is loaded: optional packages are imported at their use"
            )
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        found.append(f"import cycle: {' -> '.join(reversed(error.args[1]))}")
    return found


def test_the_packages_import_each_other_in_one_direction_and_without_cycles():
    assert violations(ROOT) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_no_optional_dependency(package):
    code = f"""
import sys, flax.linen, jax, optax
before = set(sys.modules)
import {package}
print(*({OPTIONAL} & {{name.split(".")[0] for name in set(sys.modules) - before}}))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def write_tree(root: Path, sources: dict[str, str]) -> Path:
    """Write `sources` and the `__init__.py` that make packages of their folders."""
    for name, text in sources.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        for folder in (file.parent, *file.parent.parents):
            if folder == root:
                break
            (folder / "__init__.py").touch()
    return root


RIGHT = {
    "jaxcnn/_types.py": "import jax",
    "jaxcnn/ops/conv.py": "from .. import _types\nfrom jaxcnn._types import Array",
    "jaxcnn/rules/conv.py": "from ..ops import conv\n",
    "jaxcnn/cli.py": "import verify\ndef plot():\n    import matplotlib",
    "verify/strategies.py": "import hypothesis",
    "verify/laws/finite.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .. import table",
    "verify/table.py": "from .laws import finite",
    "verify/matrices/dense.py": "from . import axis",
    "verify/spectra/norm.py": "from verify.matrices import dense",
}
WRONG = {
    "a cycle": ({"verify/a.py": "from .b import x", "verify/b.py": "import verify.a"}, "import cycle: verify.a"),
    "a cycle through the package": (
        {"verify/__init__.py": "from .a import f", "verify/a.py": "import verify"},
        "cycle",
    ),
    "verify importing jaxcnn": ({"verify/a.py": "import jaxcnn.ops"}, "must know nothing of jaxcnn"),
    "verify importing jaxcnn in a function": ({"verify/a.py": "def f():\n    import jaxcnn"}, "nothing of jaxcnn"),
    "an operation importing verify": ({"jaxcnn/ops/a.py": "from verify import check_rule"}, "may use verify"),
    "an operation importing a rule": ({"jaxcnn/ops/a.py": "from ..rules import conv"}, "a later layer"),
    "a leaf importing its package": ({"jaxcnn/_types.py": "from . import Network"}, "a later layer"),
    "a matrix importing a check": ({"verify/matrices/a.py": "def f():\n    from verify import table"}, "itself only"),
    "a matrix importing its norm": ({"verify/matrices/a.py": "from ..spectra import norm"}, "itself only"),
    "a norm importing a check": ({"verify/spectra/a.py": "from .. import table"}, "spectra may use matrices"),
    "an optional package at load": ({"verify/a.py": "try:\n    import scipy.sparse\nfinally:\n    pass"}, "optional"),
}


def test_a_tree_that_keeps_the_rules_is_accepted(tmp_path):
    assert violations(write_tree(tmp_path, RIGHT)) == []


@pytest.mark.parametrize(("sources", "message"), WRONG.values(), ids=WRONG)
def test_a_tree_that_breaks_a_rule_is_rejected(tmp_path, sources, message):
    (found,) = violations(write_tree(tmp_path, RIGHT | sources))
    assert message in found


def test_a_module_without_a_layer_is_rejected(tmp_path):
    write_tree(tmp_path, RIGHT | {"jaxcnn/stray.py": "from . import _types"})
    with pytest.raises(AssertionError, match=r"jaxcnn/stray has no place in LAYERS"):
        violations(tmp_path)
