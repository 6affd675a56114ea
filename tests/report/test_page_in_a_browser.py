"""The page in Debian's Chromium: on screens and paper, without scripts, without the network."""

import numpy as np
import pytest
from PIL import Image

from scoreline.runs import reporting
from scoreline.runs.config import RunConfig
from scoreline.runs.training import train_run

#: Widths of a telephone and of a desk's screen.
PHONE, DESK = 390, 1200


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """Return the full report on small images of ten classes, one of which has a long name."""
    folder, rng = tmp_path_factory.mktemp("page"), np.random.default_rng(0)
    names = [f"class {k}" for k in range(8)] + ["<script>alert('x')</script>", "a-very-long-name-" * 6]
    for split in ("train", "test"):
        for label, name in enumerate(names):
            escaped = folder / "data" / split / name.replace("/", "∕")
            escaped.mkdir(parents=True)
            for number in range(12):
                pixels = rng.normal(20 * label + 30, 60, (20, 20, 3)).clip(0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(escaped / f"{number}.png")
    run = train_run(RunConfig(data=str(folder / "data")), folder / "run").folder.path
    reporting.report_run(run, full=True)
    return run / "report.html"


@pytest.fixture
def open_page(browser, page_file):
    """Open the page; fail where anything is asked for that is not in it, or anything is refused."""
    contexts, wrong = [], []

    def make(fragment="", *, width=DESK, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("request", lambda request: None if request.url.startswith("data:") else asked.append(request.url))
        asked = []
        page.goto(page_file.as_uri() + fragment)
        assert [url.split("#")[0] for url in asked] == [page_file.as_uri()]
        return page

    yield make
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_nothing_is_wider_than_the_screen(open_page, width):
    page = open_page(width=width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1"
        " && !one.closest('.scroll')).map(one => one.outerHTML.slice(0, 80))"
    )
    assert wide == []


def test_a_number_opens_its_images_without_scripts(open_page):
    page = open_page(java_script_enabled=False)
    assert page.locator(".cell:visible").count() == 0
    page.locator("td.entry:not(.right) a").first.click()
    cell = page.locator(".cell:visible")
    assert cell.count() == 1
    assert "taken for" in cell.locator("h4").inner_text()
    assert cell.locator("figure").count() >= 1
    first = cell.locator("figure").first
    assert first.locator("figcaption").inner_text().startswith("test/")
    assert first.locator("li").count() >= 3
    assert first.locator("img").count() == 1
    regions = first.locator("svg.map")  # what the regions of the picture add
    assert regions.locator("path").count() >= 1
    assert regions.bounding_box()["width"] == first.locator("img").bounding_box()["width"]
    cell.get_by_role("link", name="Close").click()
    assert page.locator(".cell:visible").count() == 0


def test_pictures_are_shown(open_page):
    page = open_page("#cell-0-0")
    broken = page.evaluate("[...document.images].filter(one => one.complete && !one.naturalWidth).length")
    assert broken == 0


def test_no_script_runs(open_page):
    page = open_page()
    assert page.evaluate("document.scripts.length") == 0
    assert page.get_by_role("rowheader", name="<script>alert('x')<∕script>").count() >= 1


def colour(page, selector, name):
    """Return a colour of an element as red, green and blue from 0 to 1."""
    code = f"getComputedStyle(document.querySelector({selector!r})).{name}"
    return [int(part) / 255 for part in page.evaluate(code)[4:-1].split(",")]


def luminance(rgb):
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_both_themes(open_page, scheme):
    page = open_page(color_scheme=scheme)
    paper = luminance(colour(page, "body", "backgroundColor"))
    assert (paper < 0.1) == (scheme == "dark")
    card = luminance(colour(page, ".findings", "backgroundColor"))
    texts = [("body", paper), (".hint", paper), ("nav a", paper), (".findings p", card), (".findings a", card)]
    texts += [(f".severity-{k} .severity", card) for k in range(3) if page.locator(f".severity-{k}").count()]
    for selector, behind in texts:
        dark, light = sorted([luminance(colour(page, selector, "color")), behind])
        assert (light + 0.05) / (dark + 0.05) >= 4.5, selector


def test_paper_is_white_and_tables_unfold(open_page):
    page = open_page(color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert luminance(colour(page, "body", "backgroundColor")) > 0.9
    assert page.locator("nav").is_hidden()
    page.set_viewport_size({"width": 700, "height": 1000})  # of paper
    assert page.evaluate("document.documentElement.scrollWidth") == 700


def test_links_lead_somewhere(open_page):
    page = open_page()
    lost = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(one => one.getAttribute('href').slice(1))"
        ".filter(id => !document.getElementById(id))"
    )
    assert lost == []
    twice = page.evaluate(
        "[...document.querySelectorAll('[id]')].map(one => one.id).filter((id, k, all) => all.indexOf(id) !== k)"
    )
    assert twice == []
