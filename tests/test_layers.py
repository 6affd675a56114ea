"""The architecture as a test: imports point down, heavy packages wait, names are sorted, files stay short."""

import ast
import dataclasses
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import scoreline

ROOT = Path(scoreline.__file__).parent
PARTS_PAGE = ROOT.parents[1] / "docs" / "parts.md"
#: From the ground up; packages of one line know nothing of one another.
LAYERS = [
    {"_text"},
    {"errors", "_typing", "_lazy"},
    {"_checks", "_files", "kernels", "registry"},
    {"losses", "penalties", "optimizers", "schedules"},
    {"gradients"},
    {"rows"},
    {"data"},
    {"engine"},
    {"features"},
    {"estimators"},
    {"models"},
    {"report"},
    {"runs"},
    {"lab", "serve"},
    {"cli"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
FILES = sorted(ROOT.rglob("*.py"))
MODULES = [
    module.name for module in pkgutil.walk_packages([str(ROOT)], "scoreline.") if "__main__" not in module.name
]


def layer_of(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path):
    """Yield the parts of scoreline that a file imports, inside functions and for type checkers too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names = [node.module or ""]
            if node.module == "scoreline":
                names = [f"scoreline.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            part = name.removeprefix("scoreline.").split(".")[0]
            # What the root package lends from elsewhere (LinearClassifier) would be an arrow up in disguise.
            assert part not in set(scoreline.__all__) - {"__version__"}, (
                f"{path.name} imports {part} from the root"
            )
            if name.startswith("scoreline.") and part in LEVEL:
                yield part


@pytest.mark.parametrize(
    "path", [p for p in FILES if layer_of(p) in LEVEL], ids=lambda p: str(p.relative_to(ROOT))
)
def test_imports_point_down(path):
    own = layer_of(path)
    for other in imported(path):
        assert other == own or LEVEL[other] < LEVEL[own], f"{path.name} of {own} imports {other}"


def test_every_package_has_a_layer():
    found = {layer_of(path) for path in FILES} - {"__init__", "__main__"}
    assert found <= LEVEL.keys()


@pytest.mark.parametrize(
    ("owner", "line"),
    [
        ("losses", "from scoreline.engine.minibatch.training import train"),
        ("losses", "def f():\n    import scoreline.data.base"),
        ("losses", "from scoreline.penalties import L2"),
        ("engine", "from scoreline import cli"),
    ],
)
def test_an_arrow_up_or_aside_is_seen(tmp_path, owner, line):
    path = tmp_path / "planted.py"
    path.write_text(line, encoding="utf-8")
    others = list(imported(path))
    assert len(others) == 1
    assert LEVEL[others[0]] >= LEVEL[owner]


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


@pytest.mark.parametrize("name", ["scoreline", *MODULES])
def test_public_names_are_sorted_and_there(name):
    module = importlib.import_module(name)
    public = getattr(module, "__all__", [])
    # Constants first, then classes, then the rest, as ruff sorts them.
    assert list(public) == sorted(public, key=lambda n: (not n.isupper(), not n[0].isupper(), n))
    assert all(hasattr(module, item) for item in public)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_can_be_read_in_one_go(path):
    # An estimator's constructor, its constraints and its docstring name every parameter once each.
    limit = 460 if path.name == "linear.py" else 400
    assert len(path.read_text(encoding="utf-8").splitlines()) <= limit


def test_every_part_is_documented():
    from scoreline.data import NAMED_SETS, READERS
    from scoreline.features import FEATURES
    from scoreline.features.patch_encodings import ENCODINGS
    from scoreline.features.patch_words import DICTIONARIES
    from scoreline.losses import LOSSES
    from scoreline.optimizers import OPTIMIZERS
    from scoreline.penalties import PENALTIES
    from scoreline.schedules import SCHEDULES

    text = PARTS_PAGE.read_text(encoding="utf-8")
    for registry in (
        LOSSES,
        PENALTIES,
        OPTIMIZERS,
        SCHEDULES,
        FEATURES,
        DICTIONARIES,
        ENCODINGS,
        READERS,
        NAMED_SETS,
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
