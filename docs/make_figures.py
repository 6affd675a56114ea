"""Makes the figures of docs/training.md: python docs/make_figures.py PATH_OF_CIFAR10 [--epochs 8]."""

from __future__ import annotations

import argparse
from pathlib import Path

from scoreline.data import load_dataset
from scoreline.engine.minibatch.halving import Halving
from scoreline.estimators.ranges import read_values
from scoreline.report.figures import THEMES, run_comparison, save_figure
from scoreline.runs.comparison import Row, compare
from scoreline.runs.config import RunConfig
from scoreline.runs.drawing import draw_sweep
from scoreline.runs.sweeping import Axes, sweep_run

FIGURES = Path(__file__).parent / "figures"
RATES = {"very high": 0.1, "high": 0.045, "good": 0.005, "low": 3e-5}
OPTIMIZERS = ("sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam")
#: Epochs of the sweep, whose rungs are 1, 3 and 9.
SWEEP_EPOCHS = 27
#: Rates found good for each by trying powers of the square root of ten.
OPTIMIZER_RATES = {"adagrad": 3e-3, "adadelta": 0.1, "rmsprop": 1e-4, "adam": 1e-4}


def main() -> None:
    """Train, draw, and print the table of final losses."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--epochs", type=int, default=8)
    arguments = parser.parse_args()
    FIGURES.mkdir(exist_ok=True)
    base = RunConfig(data=arguments.data, schedule="constant", max_epochs=arguments.epochs, tol=0.0)
    dataset = load_dataset(base.data, base.load_options())
    by_rate = list(compare(base, {"solver": ["sgd"], "lr": list(RATES.values())}, dataset=dataset))
    draw("learning-rates", dict(zip(RATES, by_rate, strict=True)), "Training loss at four learning rates")
    by_rule: dict[str, Row] = {}
    for name in OPTIMIZERS:
        rates = [OPTIMIZER_RATES[name]] if name in OPTIMIZER_RATES else []
        (by_rule[name],) = compare(base, {"solver": [name], "lr": rates}, dataset=dataset)
    draw("optimizers", by_rule, "Training loss of seven optimisers")
    draw_grid(RunConfig(data=arguments.data, max_epochs=SWEEP_EPOCHS))


def draw(name: str, rows: dict[str, Row], title: str) -> None:
    """Draw the losses of some runs for light and dark paper."""
    histories = {label: row.history for label, row in rows.items()}
    for theme in THEMES.values():
        suffix = "" if theme.name == "light" else f"-{theme.name}"
        save_figure(run_comparison(histories, theme, title=title), FIGURES / f"{name}{suffix}.png")
    for label, row in rows.items():
        loss = row.history["train_loss"][-1] if row.history["train_loss"] else float("nan")
        print(f"{name}: {label}: {row.settings}, last loss {loss:.4g}, accuracy {row.accuracy}, {row.remark}")


def draw_grid(base: RunConfig) -> None:
    """Sweep strengths and rates, and draw the map for light and dark paper."""
    axes = Axes(["momentum"], read_values("lam", "1e-5:1:11"), read_values("lr", "1e-5:0.1:9"))
    result = sweep_run(base, axes, halving=Halving(3))
    (drawing,) = draw_sweep(result)
    (FIGURES / "sweep.png").write_bytes(drawing.light)
    (FIGURES / "sweep-dark.png").write_bytes(drawing.dark)
    best = result.best
    print(f"sweep: {best.config.command()}: {best.validation_accuracy} in {result.seconds:.0f} s")


if __name__ == "__main__":
    main()
