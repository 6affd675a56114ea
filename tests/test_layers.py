"""The architecture as a test: imports point down, heavy packages wait, names are sorted, files stay short."""

import ast
import dataclasses
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import scoreline

ROOT = Path(scoreline.__file__).parent
PARTS_PAGE = ROOT.parents[1] / "docs" / "parts.md"
#: From the ground up; packages of one line know nothing of one another.
LAYERS = [
    {"_text", "_version"},
    {"errors", "_typing", "_lazy"},
    {"_checks", "_files", "_json", "kernels", "registry"},
    {"losses", "penalties", "optimizers", "schedules", "gradients"},
    {"rows"},
    {"data"},
    {"engine", "features"},
    {"estimators"},
    {"models"},
    {"report"},
    {"runs"},
    {"cluster"},
    {"web"},
    {"lab", "serve"},
    {"cli"},
    {"__init__", "__main__"},
]
#: The same within a package. Whatever else lies in it stands above these.
SUBLAYERS = {
    "engine": [{"problem"}, {"exact", "minibatch", "search"}],
    "features": [{"kernels"}],
    "report": [{"figures"}],
}
FILES = sorted(ROOT.rglob("*.py"))
MODULES = [
    module.name for module in pkgutil.walk_packages([str(ROOT)], "scoreline.") if "__main__" not in module.name
]


def level_in(layers, name):
    """Return the line of a name, and the one above all where there is none."""
    return next((level for level, names in enumerate(layers) if name in names), len(layers))


def place_of(module):
    """Return the package of a module, and how high the module stands in it."""
    top, *rest = module.removeprefix("scoreline").removeprefix(".").split(".")
    return top or "__init__", level_in(SUBLAYERS.get(top, []), rest[0] if rest else "")


def points_down(module, other):
    """Tell whether one module may import another."""
    (package, height), (other_package, other_height) = place_of(module), place_of(other)
    if package != other_package:
        return level_in(LAYERS, other_package) < level_in(LAYERS, package)
    at_home = module.split(".")[:3] == other.split(".")[:3] or height == len(SUBLAYERS.get(package, []))
    return other_height < height or (other_height == height and at_home)


def modules_in(root):
    """Return the files of a package by the names of their modules."""
    parts = {path: path.relative_to(root).with_suffix("").parts for path in sorted(root.rglob("*.py"))}
    return {".".join((root.name, *names)).removesuffix(".__init__"): path for path, names in parts.items()}


def imported(text, modules) -> Iterator[str]:
    """Yield the modules that a text imports: inside functions, for type checkers and as attributes too."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield submodule if submodule in modules else str(node.module)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@cache
def arrows(root):
    """Return, for each module of a package, the modules of the package that it imports."""
    modules = modules_in(root)
    texts = {name: path.read_text(encoding="utf-8") for name, path in modules.items()}
    return {name: set(imported(text, modules)) & (modules.keys() - {name}) for name, text in texts.items()}


def cycle_in(graph):
    """Return the modules of a cycle, in order; none where there is no cycle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_imports_point_down():
    pairs = [(module, other) for module, others in arrows(ROOT).items() for other in sorted(others)]
    assert [f"{module} imports {other}" for module, other in pairs if not points_down(module, other)] == []


def test_no_modules_import_one_another():
    # Not even inside functions or for type checkers: what two of them share belongs into a third, below both.
    assert cycle_in(arrows(ROOT)) == []


def test_modules_are_imported_by_statements():
    # What is imported by a text (importlib) would be an arrow that nobody sees. The root package, above all
    # others, lends its submodules and what it imports for type checkers.
    found = {str(path.relative_to(ROOT)) for path in FILES if "import_module" in path.read_text(encoding="utf-8")}
    assert found == {"__init__.py", "_lazy.py"}


def test_every_package_has_a_layer():
    named = set().union(*LAYERS)
    assert {module.split(".")[1] for module in MODULES} <= named


def test_every_sublayer_is_there():
    for package, layers in SUBLAYERS.items():
        for name in set().union(*layers):
            assert f"scoreline.{package}.{name}" in MODULES


@pytest.mark.parametrize(
    ("owner", "line"),
    [
        ("losses.hinge", "from scoreline.engine.minibatch.training import train"),
        ("losses.hinge", "def f():\n    import scoreline.data.base"),
        ("losses.hinge", "from scoreline.penalties import L2"),
        ("engine.solvers", "from scoreline import cli"),
        ("engine.solvers", "if TYPE_CHECKING:\n    from scoreline.estimators import LinearClassifier"),
        ("engine.solvers", "from scoreline import LinearClassifier"),
        ("engine.problem.objective", "from scoreline.engine.exact import path"),
        ("engine.problem.objective", "from scoreline.engine import solvers"),
        ("engine.problem.kernels.losses", "from scoreline.engine.minibatch.kernels.loop import CompiledLoop"),
        ("engine.exact.path", "def f():\n    from scoreline.engine.minibatch.sweep import sweep"),
        ("engine.exact.path", "from scoreline import engine"),
        ("features.hog", "from scoreline.engine.problem.objective import Objective"),
        ("features.kernels.hog", "from scoreline.features.base import FeatureExtractor"),
    ],
)
def test_an_arrow_up_or_aside_is_seen(owner, line):
    others = list(imported(line, modules_in(ROOT)))
    assert len(others) == 1
    assert not points_down(f"scoreline.{owner}", others[0])


@pytest.mark.parametrize(
    ("owner", "line"),
    [
        ("engine.solvers.exact", "from scoreline.engine.exact.solver import minimize_exactly"),
        ("engine.exact.path", "from scoreline.engine.exact import solver"),
        ("engine.minibatch.sweep", "from scoreline.engine.problem import objective"),
        ("features.hog", "from scoreline.features.kernels.hog import histograms"),
        ("features.kernels.hog", "from scoreline.kernels.compiling import compiled"),
        ("runs.training", "from scoreline import models"),
    ],
)
def test_arrows_down_and_at_home_are_free(owner, line):
    (other,) = imported(line, modules_in(ROOT))
    assert points_down(f"scoreline.{owner}", other)


@pytest.mark.parametrize(
    "back",
    [
        "from house.cellar import store",
        "import house.cellar.store",
        "def f():\n    from house.cellar.store import wine",
        "if TYPE_CHECKING:\n    from house.cellar.store import Wine",
    ],
)
def test_a_cycle_is_seen(tmp_path, back):
    root = tmp_path / "house"
    (root / "cellar").mkdir(parents=True)
    for name, text in {
        "__init__": "",
        "cellar/__init__": "",
        "cellar/store": "from house.stairs import steps",
        "stairs": "from house import kitchen",
        "kitchen": back,
    }.items():
        (root / f"{name}.py").write_text(text, encoding="utf-8")
    assert set(cycle_in(arrows(root))) == {"house.cellar.store", "house.stairs", "house.kitchen"}
    (root / "kitchen.py").write_text("from house import cellar", encoding="utf-8")
    arrows.cache_clear()
    assert cycle_in(arrows(root)) == []


def test_importing_scoreline_loads_nothing_heavy():
    heavy = ("sklearn", "scipy", "matplotlib", "pandas", "pydantic", "typer", "PIL")
    light = "scoreline, scoreline.losses, scoreline.engine.minibatch.training, scoreline.data"
    code = f"import sys, {light}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "[]"


def test_submodules_are_there_after_importing_the_root():
    code = (
        "import sys, scoreline\n"
        "before = set(sys.modules)\n"
        "print('losses' in dir(scoreline), '_checks' in dir(scoreline))\n"
        "print([m for m in set(sys.modules) - before if 'scoreline' in m or 'sklearn' in m])\n"
        "print(scoreline.losses.Softmax.__name__, scoreline.report.figures.loss_curves.__name__)\n"
        "print(hasattr(scoreline, 'los'), hasattr(scoreline.report, 'figure'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.splitlines() == ["True False", "[]", "Softmax loss_curves", "False False"]


def test_every_submodule_can_be_reached_by_its_name():
    for module in pkgutil.iter_modules([str(ROOT)]):
        if not module.name.startswith("_"):
            assert getattr(scoreline, module.name) is importlib.import_module(f"scoreline.{module.name}")
            assert module.name in dir(scoreline)


def test_public_names_are_sorted_and_there():
    for name in ("scoreline", *MODULES):
        module = importlib.import_module(name)
        public = getattr(module, "__all__", [])
        # Constants first, then classes, then the rest, as ruff sorts them.
        assert list(public) == sorted(public, key=lambda n: (not n.isupper(), not n[0].isupper(), n)), name
        assert [item for item in public if not hasattr(module, item)] == [], name


def test_files_can_be_read_in_one_go():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def assigned(node):
    """Return the attributes of ``self`` that the methods of a class assign."""
    return {
        target.attr
        for target in ast.walk(node)
        if isinstance(target, ast.Attribute) and isinstance(target.ctx, ast.Store)
        if isinstance(target.value, ast.Name) and target.value.id == "self"
    }


def test_functions_are_short_and_classes_of_the_engine_hold_little():
    long, full = [], {}
    for path in FILES:
        name = path.relative_to(ROOT)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[ast.get_docstring(node) is not None :]
                if body and node.end_lineno - body[0].lineno >= 60:
                    long.append(f"{name}: {node.name}")
            elif isinstance(node, ast.ClassDef) and "engine" in name.parts and len(assigned(node)) > 8:
                full[f"{name}: {node.name}"] = sorted(assigned(node))
    assert (long, full) == ([], {})


def test_every_part_is_documented():
    from scoreline.data import NAMED_SETS, READERS
    from scoreline.engine.solvers import SOLVERS
    from scoreline.features import FEATURES
    from scoreline.features.patch_encodings import ENCODINGS
    from scoreline.features.patch_words import DICTIONARIES
    from scoreline.losses import LOSSES
    from scoreline.optimizers import OPTIMIZERS
    from scoreline.penalties import PENALTIES
    from scoreline.report.robustness import CHALLENGES
    from scoreline.schedules import SCHEDULES

    text = PARTS_PAGE.read_text(encoding="utf-8")
    for registry in (
        LOSSES,
        PENALTIES,
        OPTIMIZERS,
        SCHEDULES,
        SOLVERS,
        FEATURES,
        DICTIONARIES,
        ENCODINGS,
        READERS,
        NAMED_SETS,
        CHALLENGES,
    ):
        for name in [*registry, *registry.aliases]:
            assert f"`{name}`" in text, f"docs/parts.md says nothing of the {registry.kind} {name}"


def test_the_row_of_a_part_names_its_class_and_its_parameters():
    from scoreline.losses import LOSSES
    from scoreline.optimizers import OPTIMIZERS
    from scoreline.penalties import PENALTIES
    from scoreline.schedules import SCHEDULES

    rows = [line for line in PARTS_PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    for registry in (LOSSES, PENALTIES, OPTIMIZERS, SCHEDULES):
        for name, cls in registry.items():
            row = next(row for row in rows if row.startswith(f"| `{name}`") and f"| `{cls.__name__}` |" in row)
            for field in dataclasses.fields(cls):
                value = field.default if isinstance(field.default, str) else f"{field.default:g}"
                shown = f"`{field.name}`" if field.default is False else f"`{field.name}={value}`"
                assert shown.replace("e-0", "e-") in row, f"the row of {name} in docs/parts.md lacks {shown}"
