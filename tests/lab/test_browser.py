"""Page 1 in Debian's Chromium: what stands in the page is what the library computes."""

import json
import urllib.parse

import pytest

from scoreline.lab import LabSession

READY = "document.querySelector('#total')?.children.length > 3"


@pytest.fixture
def page(new_page, address):
    page = new_page()
    page.goto(address)
    wait_until(page, READY)
    return page


def state_of(page):
    return json.loads(urllib.parse.unquote(page.url.split("#", 1)[1]))


def shown(page):
    """Return the numbers of the page: losses, data loss, penalty, total - with all their digits."""
    losses = page.eval_on_selector_all("#samples td.loss", "cells => cells.map(cell => cell.title)")
    sums = [page.get_attribute(f"#sum-{name}", "title") for name in ("data_loss", "penalty", "total")]
    return [float(text) for text in losses], [float(text) for text in sums]


def agrees(page):
    sheet = LabSession().handle({"action": "edit", "changes": state_of(page)})["shown"]
    return shown(page) == (sheet["losses"], [sheet["data_loss"], sheet["penalty"], sheet["total"]])


def wait_for(page, condition):
    """Wait until the state in the page's link meets a condition; a damaged link has none yet."""
    state = "JSON.parse(decodeURIComponent(location.hash.slice(1)))"
    wait_until(page, f"(() => {{ try {{ return {state}.{condition} }} catch {{ return false }} }})()")


def wait_until(page, condition):
    """Ask until something holds: Playwright's own waiting needs eval, which the page forbids."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"{condition} did not come about in 10 s")


def test_opens_on_the_lectures_numbers(page):
    texts = page.eval_on_selector_all("#samples td.loss", "cells => cells.map(cell => cell.textContent)")
    assert texts == ["0.02", "0.43", "0.00", "0.40", "1.88", "0.00", "0.25", "0.57", "2.24"]
    assert page.inner_text("#sum-data_loss") == "0.64"
    assert page.inner_text("#sum-penalty") == "1.93"
    assert "token" not in page.url


def test_a_point_is_dragged(page):
    box = page.locator("#drawing").bounding_box()

    def at(x, y):
        return box["x"] + (x + 1) / 2 * box["width"], box["y"] + (1 - y) / 2 * box["height"]

    page.mouse.move(*at(0.5, 0.4))
    page.mouse.down()
    for i in range(10):
        page.mouse.move(*at(0.5 - 0.05 * i, 0.4))
    page.mouse.up()
    wait_for(page, "points[0][0] < 0.06")
    assert state_of(page)["points"][0][0] == pytest.approx(0.05, abs=0.01)
    assert agrees(page)
    page.click("#undo")
    wait_for(page, "points[0][0] === 0.5")


def test_by_keyboard_alone(page):
    page.focus("[data-point='3']")
    page.keyboard.press("ArrowRight")
    wait_for(page, "points[3][0] === -0.39")
    page.keyboard.press("2")
    wait_for(page, "points[3][2] === 2")
    page.keyboard.press("Delete")
    wait_for(page, "points.length === 8")
    page.focus("#step")
    page.keyboard.press("Enter")
    wait_for(page, "step === 1")
    assert agrees(page)


def test_weights_losses_and_steps(page):
    page.fill("[aria-label='w x of class 0']", "-1.25")
    wait_for(page, "weights[0][0] === -1.25")
    page.select_option("#loss", "softmax")
    wait_for(page, "loss === 'softmax'")
    assert agrees(page)
    assert page.is_disabled("#margin")
    page.click("#play")
    wait_for(page, "step > 5")
    page.click("#play")
    assert page.inner_text("#play") == "Repeat"
    page.click("#reset")
    wait_for(page, "step === 0")


def test_what_stands_in_fields_is_the_state_in_full(page, address):
    weights = [[999999.9, -11515.3, 1e-9], [3, 0.1, 0], [-123456.7, 1e5, -1e6]]
    assert fields(page) == state_of(page)["weights"]
    state = urllib.parse.quote(json.dumps({"weights": weights, "lam": 0.25}))
    page.goto("about:blank")
    page.goto(f"{address}#{state}")
    wait_until(page, READY)
    assert fields(page) == weights
    assert page.input_value("#lam") == "0.25"
    for size in (1280, 390):
        page.set_viewport_size({"width": size, "height": 844})
        assert page.evaluate(
            "[...document.querySelectorAll('#weights input')].every(i => i.scrollWidth <= i.clientWidth)"
        )
        assert page.evaluate("document.documentElement.scrollWidth") == size


def fields(page):
    values = page.eval_on_selector_all("#weights input", "inputs => inputs.map(input => Number(input.value))")
    return [values[i : i + 3] for i in range(0, len(values), 3)]


def test_a_field_follows_undo_and_what_is_refused_goes(page):
    page.fill("#lam", "0.5")
    wait_for(page, "lam === 0.5")
    page.keyboard.press("Control+z")
    wait_until(page, "document.querySelector('#lam').value === '0.1'")
    page.fill("#margin", "1000")
    wait_until(page, "document.querySelector('#status').classList.contains('wrong')")
    page.focus("#step")
    assert page.input_value("#margin") == "1"
    page.fill("#classes", "50")
    page.keyboard.press("Enter")
    wait_until(page, "document.querySelectorAll('#weights input').length === 30")
    wait_until(page, "document.querySelector('#classes').value === '10'")


def test_the_arithmetic_under_the_plane_is_that_of_now(page):
    def arithmetic(i):
        cell = page.inner_text(f"#samples tbody tr:nth-child({i + 1}) td.arithmetic")
        return page.inner_text("#hover") == f"Point {i + 1}: {cell}"

    page.focus("[data-point='4']")
    assert arithmetic(4)
    page.keyboard.press("Shift+ArrowRight")
    wait_for(page, "points[4][0] === -0.2")
    assert arithmetic(4)
    page.select_option("#loss", "softmax")
    wait_for(page, "loss === 'softmax'")
    assert arithmetic(4)
    assert "log(e^" in page.inner_text("#hover")
    assert page.locator("#drawing line.margin").count() == 0
    page.hover("#samples tbody tr:nth-child(9)")
    assert arithmetic(8)
    page.click("summary")
    page.fill("#csv", "x;y;class\n0,5;0,25;0\n")
    page.click("#take-csv")
    wait_for(page, "points.length === 1")
    assert state_of(page)["points"] == [[0.5, 0.25, 0]]
    assert page.inner_text("#hover").strip() == ""


def test_one_point_has_a_ring(page):
    marks = "[...document.querySelectorAll('#drawing .point')]"
    ring = f"{marks}.flatMap((p, i) => p.matches('.chosen, :focus-visible') ? [i] : [])"
    for i in (2, 5, 8):
        page.focus(f"[data-point='{i}']")
        assert page.evaluate(ring) == [i]
        page.keyboard.press("ArrowLeft")
        wait_until(page, f"document.querySelector('#samples tbody tr.chosen').rowIndex === {i + 1}")
        assert page.evaluate(ring) == [i]
    page.keyboard.press("Delete")
    wait_for(page, "points.length === 8")
    assert page.evaluate(ring) == [7]


@pytest.mark.parametrize("link", ["%7Bdamaged", "5", json.dumps({"lam": -1})])
def test_a_link_that_cannot_be_taken_is_told_until_it_is_read(new_page, address, link):
    page = new_page()
    page.goto(f"{address}#{urllib.parse.quote(link, safe='%')}")
    wait_until(page, READY)
    page.click("#step")
    wait_for(page, "step === 1")
    assert "The link" in page.inner_text(".notice")
    page.click(".notice button")
    assert page.locator(".notice").count() == 0


def test_points_are_added_and_pasted(page):
    page.dblclick("#drawing", position={"x": 20, "y": 20})
    wait_for(page, "points.length === 10")
    page.click("summary")
    page.fill("#csv", "0.1, 0.2, 0\n-0.3, 0.5, 1\n")
    page.click("#take-csv")
    wait_for(page, "points.length === 2")
    assert agrees(page)
    page.fill("#csv", "0.1, 0.2, 0\nhello\n")
    page.click("#take-csv")
    assert "Line 2" in page.inner_text("#status")


def test_the_link_reproduces_the_state(page, new_page, address):
    page.click("#step")
    wait_for(page, "step === 1")
    other = new_page()
    other.goto(f"{address}#{page.url.split('#', 1)[1]}")
    wait_until(other, READY)
    wait_for(other, "step === 1")
    assert state_of(other) == state_of(page)
    assert shown(other) == shown(page)


def test_what_is_hidden_for_a_lesson(page, address):
    page.goto(f"{address}&hide=loss,steps")
    wait_until(page, READY)
    assert not page.is_visible("#loss")
    assert not page.is_visible("#step")
    assert page.is_visible("#total")


def test_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_finger_drags_a_point(new_page, address):
    page = new_page(has_touch=True)
    page.goto(address)
    wait_until(page, READY)
    box = page.locator("#drawing").bounding_box()
    client = page.context.new_cdp_session(page)

    def touch(kind, x, y):
        place = {"x": box["x"] + (x + 1) / 2 * box["width"], "y": box["y"] + (1 - y) / 2 * box["height"]}
        points = [] if kind == "touchEnd" else [place]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 0.8, 0.3)
    for i in range(8):
        touch("touchMove", 0.8 - 0.1 * i, 0.3)
    touch("touchEnd", 0, 0)
    wait_for(page, "points[1][0] < 0.15")
    assert agrees(page)


def test_undo_and_redo_by_keyboard(page):
    page.click("#step")
    wait_for(page, "step === 1")
    page.keyboard.press("Control+z")
    wait_for(page, "step === 0")
    page.keyboard.press("Control+y")
    wait_for(page, "step === 1")


def test_two_tabs_stay_apart(page, new_page, address):
    other = new_page()
    other.goto(address)
    wait_until(other, READY)
    page.click("#step")
    wait_for(page, "step === 1")
    assert state_of(other)["step"] == 0


def test_the_picture_is_a_png(page):
    page.click("summary")
    with page.expect_download() as download:
        page.click("#save-png")
    assert download.value.path().read_bytes()[:4] == b"\x89PNG"


def test_sliders_and_fields_say_the_same(page):
    page.locator("#lam + input.slider").focus()
    page.keyboard.press("ArrowRight")
    wait_for(page, "lam > 0.1")
    assert float(page.input_value("#lam")) == state_of(page)["lam"]
    assert agrees(page)
