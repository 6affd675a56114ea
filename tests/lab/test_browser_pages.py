"""The pages with charts in Debian's Chromium: what they say is what the session computes."""

import functools
import json
import operator
import subprocess
import sys
import urllib.parse
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from scoreline.lab import PAGES, LabSession
from scoreline.runs.config import RunConfig
from scoreline.runs.training import train_run

pytestmark = pytest.mark.usefixtures("no_figures")

CHARTED = [name for name in PAGES if name != "scores"]


def wait_until(page, condition):
    """Ask until something holds, and return it: Playwright's own waiting needs eval, which the page forbids."""
    for _ in range(400):
        if found := page.evaluate(condition):
            return found
        page.wait_for_timeout(50)
    pytest.fail(f"{condition} did not come about in 20 s")


def wait_for(page, condition):
    """Wait until the state in the page's link meets a condition."""
    wait_until(
        page, f"location.hash.length > 1 && JSON.parse(decodeURIComponent(location.hash.slice(1))).{condition}"
    )


def settled(page, shown):
    """Return the state in the link and what is shown, read in one go once both are of the same step.

    The link follows a little later, and after a click on pause a frame may be under way.
    """
    return wait_until(
        page,
        f"""(() => {{
            const state = JSON.parse(decodeURIComponent(location.hash.slice(1)));
            const same = document.querySelector("#status").textContent === `Step ${{state.step}}`;
            return same ? [state, {shown}] : null;
        }})()""",
    )


def state_of(page):
    return json.loads(urllib.parse.unquote(page.url.split("#", 1)[1]))


@contextmanager
def running_lab(*options):
    command = [sys.executable, "-m", "scoreline", "lab", "--no-open", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            yield next(line.split()[-1] for line in process.stdout if line.startswith("lab "))
        finally:
            process.terminate()


@pytest.fixture
def open_page(new_page, address):
    def open_it(name, state=None):
        page = new_page()
        base, token = address.split("/?")
        link = "" if state is None else f"#{urllib.parse.quote(json.dumps(state))}"
        page.goto(f"{base}/{name}?{token}{link}")
        wait_until(page, "/Step|Ready/.test(document.querySelector('#status').textContent)")
        return page

    return open_it


@pytest.mark.parametrize("name", CHARTED)
def test_a_page_opens_draws_names_all_that_can_be_used_and_fits_a_phone(open_page, name):
    page = open_page(name)
    assert page.inner_text("h1") == PAGES[name].title
    wait_until(page, "document.querySelectorAll('.main-svg').length > 0")
    page.set_viewport_size({"width": 390, "height": 844})
    wait_until(page, "document.documentElement.scrollWidth <= 390")
    names = page.eval_on_selector_all("#pages a", "links => links.map(link => link.textContent)")
    assert names == [each.title for each in PAGES.values()]
    unnamed = page.evaluate("""
        [...document.querySelectorAll("button, input, select, textarea, a")].filter((e) => !e.closest(".plot") &&
            !(e.labels?.length || e.getAttribute("aria-label") || e.textContent.trim())).map((e) => e.outerHTML)
    """)
    assert unnamed == []


def test_a_chart_is_a_table_a_csv_and_a_picture_too(open_page):
    page = open_page("descent")
    page.click("#losses summary")
    wait_until(page, "document.querySelectorAll('#losses td').length >= 3")
    for label, start in (("PNG", b"\x89PNG"), ("CSV", b"series,step")):
        with page.expect_download() as download:
            page.click(f"#losses button:text-is('{label}')")
        assert download.value.path().read_bytes().startswith(start)


def test_points_come_along_to_the_next_page(open_page, address):
    page = open_page("scores")
    page.focus("[data-point='0']")
    page.keyboard.press("Delete")
    wait_for(page, "points.length === 8")
    page.click("#pages a:text-is('Gradient bench')")
    wait_for(page, "h === 0.0001")
    assert len(state_of(page)["points"]) == 8


def test_the_bench_finds_the_published_demos_bug(open_page):
    page = open_page("gradients")
    assert "passes" in page.inner_text("#verdict")
    page.select_option("#bug", "half-penalty")
    wait_until(page, "document.querySelector('#verdict').textContent.includes('fails in 6 cells')")
    wait_for(page, "bug === 'half-penalty'")
    shown = LabSession("gradients").handle({"action": "edit", "changes": state_of(page)})["shown"]
    titles = page.eval_on_selector_all("button.cell span", "spans => spans.map(span => Number(span.title))")
    flat = [[shown[key][j][k] for key in ("numeric", "analytic", "errors")] for j in range(3) for k in range(3)]
    assert titles == functools.reduce(operator.iadd, flat, [])
    page.click("#hide-bug")
    wait_for(page, "bug === 'mystery'")
    page.click("#reveal")
    assert ":" in page.inner_text("#verdict")


def test_descent_runs_and_the_rate_changes_on_the_way(open_page):
    page = open_page("descent")
    page.click("#play")
    wait_for(page, "step >= 3")
    page.fill("#lr", "0.02")
    wait_for(page, "rates.length === 2")
    page.click("#play")
    wait_until(page, "document.querySelector('#play').getAttribute('aria-pressed') === 'false'")
    state, title = settled(page, "document.querySelector('#now').title")
    shown = LabSession("descent").handle({"action": "edit", "changes": state})["shown"]
    assert float(title) == shown["full"][-1]
    page.click("#to-start")
    wait_for(page, "step === 0")


def test_a_run_stops_where_it_is_told_to(open_page):
    page = open_page("descent")
    page.fill("#speed", "3")
    page.fill("#stop-at", "7")
    page.click("#play")
    wait_for(page, "step === 7")
    wait_until(page, "document.querySelector('#play').getAttribute('aria-pressed') === 'false'")
    page.click("#play")
    assert "holds already" in page.inner_text("#status")
    page.fill("#stop-at", "")
    page.fill("#stop-goal", "1.5")
    page.click("#play")
    wait_for(page, "step > 7")  # until then the button may look as it did before
    wait_until(page, "document.querySelector('#play').getAttribute('aria-pressed') === 'false'")
    # The link follows what is shown, on a busy machine by more than any fixed while.
    wait_for(page, "step === Number(document.querySelector('#status').textContent.replace('Step ', ''))")
    state = state_of(page)
    losses = LabSession("descent").handle({"action": "edit", "changes": state})["shown"]["full"]
    assert losses[-1] <= 1.5
    assert min(losses[7 : state["step"] - 3]) > 1.5


def test_who_is_quicker_than_the_connection_may_run_too(new_page, address):
    page = new_page()
    page.add_init_script(
        "const Quick = WebSocket; window.WebSocket = class extends Quick {"
        " set onopen(then) { super.onopen = () => setTimeout(then, 1500); } }"
    )
    base, token = address.split("/?")
    page.goto(f"{base}/images?{token}")
    page.click("#play")
    wait_for(page, "step > 10")
    assert page.get_attribute("#play", "aria-pressed") == "true"


def test_the_race_runs_on_every_course(open_page):
    page = open_page("race")
    for course in ("quadratic", "saddle", "beale", "classifier"):
        page.select_option("[data-field=problem]", course)
        wait_for(page, f"problem === '{course}'")
        page.fill("#speed", "10")
        page.click("#step")
        wait_for(page, "step === 10")
        wait_until(page, "document.querySelector('#status').textContent === 'Step 10'")
        shown = LabSession("race").handle({"action": "edit", "changes": state_of(page)})["shown"]
        titles = page.eval_on_selector_all(
            "#runners [data-runner]", "rows => rows.map(row => [row.dataset.runner, row.lastChild.title])"
        )
        found = {name: runner["median"][-1] for name, runner in shown["runners"].items()}
        assert {name: float(title) for name, title in titles} == found
        page.click("#to-start")
        wait_for(page, "step === 0")


def test_images_train_live_and_are_taken_apart(open_page):
    page = open_page("images")
    wait_until(page, "document.querySelector('#gallery img')?.naturalWidth === 8")
    page.click("#play")
    wait_for(page, "step >= 10")
    page.click("#play")
    wait_until(page, "document.querySelector('#play').getAttribute('aria-pressed') === 'false'")
    page.click("#gallery button:nth-child(3)")
    wait_for(page, "chosen === 2")
    page.click("#templates button:nth-child(5)")
    wait_for(page, "focus === 4")
    wait_until(page, "document.querySelector('#chosen').getAttribute('src').endsWith('/2.png')")
    cells = "[...document.querySelectorAll('#scores tbody tr')].map(row => row.cells[1].title)"
    state, shown = settled(page, cells)
    answer = LabSession("images").handle({"action": "edit", "changes": state})["shown"]
    assert [float(value) for value in shown] == answer["image"]["scores"]["loss"]["scores"]


def test_a_confusion_opens_its_images(open_page):
    page = open_page("mistakes")
    wait_until(page, "document.querySelector('#gallery img')?.naturalWidth === 8")
    assert page.locator("#split option").all_inner_texts() == ["train", "validation"]
    page.focus("[data-cell='4 9']")
    page.keyboard.press("Enter")
    wait_for(page, "predicted === 9")
    assert page.inner_text("#gallery-title") == "Images: 4 predicted as 9"
    assert page.locator("#gallery button").count() == int(page.inner_text("[data-cell='4 9']"))
    page.select_option("#rival", "1")
    wait_until(page, "document.querySelector('#comparison').textContent.includes('McNemar')")
    page.click("#ask")
    wait_for(page, "split === 'test'")
    assert page.is_hidden("#ask")
    expected = LabSession("mistakes").handle({"action": "ask"})["shown"]
    assert float(page.get_attribute("#now", "title")) == expected["accuracy"]


def test_the_bench_shows_what_cannot_be_computed(open_page):
    page = open_page(
        "gradients", state={"dtype": "float32", "weights": [[999999.9, 100, 1e-8], [3, 0.1, 0], [2.5, 1e-4, 0]]}
    )
    assert "too small in" in page.inner_text("#verdict")
    assert "the same number in float32" in page.inner_text("#arithmetic")


def test_class_names_are_no_markup(new_page, tmp_path):
    rng = np.random.default_rng(0)
    for name in ("<b>bold<a>", "plain"):
        (tmp_path / name).mkdir()
        for i in range(12):
            Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)).save(tmp_path / name / f"{i}.png")
    with running_lab("--data", str(tmp_path)) as address:
        page = new_page()
        page.goto(address.replace("/?", "/images?"))
        wait_until(page, "document.querySelector('#parts-loss .gtitle')?.textContent.includes('class <b>bold<a>')")
        page.close()


def test_runs_of_every_kind_are_shown(new_page, tmp_path):
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(45), 8)
    vectors = {"X": rng.normal(size=(45, 6))[labels] + rng.normal(size=(360, 6)), "y": labels}
    np.savez(tmp_path / "vectors.npz", **vectors)
    settings = [
        {"data": "digits", "lam": "auto"},
        {"data": str(tmp_path / "vectors.npz"), "loss": "one-vs-all", "solver": "sgd", "max_epochs": 2},
    ]
    runs = [tmp_path / f"run-{i}" for i in range(len(settings))]
    for config, run in zip(settings, runs, strict=True):
        train_run(RunConfig.model_validate(config), run)
    with running_lab(*(part for run in runs for part in ("--run", str(run)))) as address:
        page = new_page()
        page.goto(address.replace("/?", "/mistakes?"))
        wait_until(page, "document.querySelector('#gallery img')?.naturalWidth === 8")
        assert page.input_value("#split") == "train"
        assert "trained on these images" in page.inner_text("#interval")
        page.select_option("#run", "1")
        wait_until(page, "document.querySelector('#gallery-title').textContent === 'Examples'")
        assert page.input_value("#split") == "validation"
        assert page.locator("#gallery img").count() == 0
        page.click("#confusion tbody button >> nth=0")
        wait_for(page, "true !== null")
        assert page.locator("#gallery button").count() == int(page.inner_text("#confusion [aria-pressed=true]"))
        page.close()


def test_a_tab_of_a_lab_that_was_started_anew_says_so(new_page):
    page = new_page(may_fail=("ERR_CONNECTION", "WebSocket", "403"))
    with running_lab() as address:
        page.goto(address)
        wait_until(page, "location.hash.length > 1")
    wait_until(page, "document.querySelector('#status').textContent.includes('scoreline lab --port')")
    with running_lab("--port", str(urllib.parse.urlparse(address).port)):
        wait_until(page, "document.querySelector('#status').textContent.includes('started anew')")


def test_it_connects_again_after_the_server_restarts(new_page):
    def lab(port):
        command = [sys.executable, "-m", "scoreline", "lab", "--no-open", "--port", str(port)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
        return process, process.stdout.readline().split()[-1]

    first, address = lab(0)
    page = new_page(may_fail=("ERR_CONNECTION", "WebSocket"))
    page.goto(address)
    wait_until(page, "location.hash.length > 1")
    page.click("#step")
    wait_for(page, "step === 1")
    first.kill()
    first.wait()
    first.stdout.close()
    wait_until(page, "document.querySelector('#status').textContent.includes('trying again')")
    second, again = lab(urllib.parse.urlparse(address).port)
    # A new lab has a new token; opening its address, as the command does, hands it to the old tab too.
    page.context.new_page().goto(again)
    wait_until(page, "document.querySelector('#status').textContent === 'Step 1'")
    page.click("#step")
    wait_for(page, "step === 2")
    second.terminate()
    second.wait(20)
    second.stdout.close()
