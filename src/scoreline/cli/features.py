"""``scoreline features``: what features see in images."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from scoreline.cli.interrupt import Interrupt
from scoreline.cli.output import console, notes
from scoreline.cli.progress import ProgressBars
from scoreline.cli.settings import trusting_named

__all__ = ["features_command"]


def features_command(
    images: Annotated[list[Path], typer.Argument(help="Images, or folders of images.", readable=False)],
    features: Annotated[str, typer.Option(help="Features, with commas between.")] = "hog,hue,lbp",
    out: Annotated[
        Path | None, typer.Option(help="New folder for the figures. [default: runs/<name>-features-<number>]")
    ] = None,
    size: Annotated[int, typer.Option(min=8, max=1024, help="Side to which images are fitted, in pixels.")] = 96,
    most: Annotated[int, typer.Option(min=1, help="Most images that are drawn.")] = 8,
    learn_from: Annotated[
        str | None,
        typer.Option(
            help="Data set that words and dictionaries are learned from. [default: the images]", show_default=False
        ),
    ] = None,
) -> None:
    """Draw what features see: gradients, hues, patterns, words."""
    from scoreline.data.load import absolute_spec
    from scoreline.features import build_features
    from scoreline.runs.drawing import save_drawings
    from scoreline.runs.feature_drawing import draw_features
    from scoreline.runs.folder import RunFolder
    from scoreline.runs.state import digest_of

    drawn = []
    title, places = f"{images[0].absolute().stem}-features", [str(path.absolute()) for path in images]
    request = digest_of(places, features, size, most, learn_from and absolute_spec(learn_from))
    with (
        trusting_named(features),
        Interrupt() as interrupt,
        RunFolder.create(out, title, command="features", request=request) as folder,
    ):
        build_features(features).check_available()  # a misspelt name fails at once
        with ProgressBars() as bars:
            for drawing in draw_features(
                images,
                features,
                size=size,
                most=most,
                learn_from=learn_from,
                progress=interrupt.beside(bars.loading),
                report=lambda problem: notes.print(f"Left out: {problem}"),
            ):
                folder.keep(drawing.name, partial(save_drawings, [drawing], folder.path))
                drawn.append(drawing.name)
        folder.check()
    for name in drawn:
        console.print(f"{folder.path / name}.png", markup=False)
