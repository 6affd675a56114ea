"""The upload page in Debian's Chromium."""

import base64

import pytest
from tests.serve.conftest import model, picture
from tests.serve.test_running import Server

from scoreline.report.figures import DARK, LIGHT

#: Drops files with these contents onto the page, or none.
DROP = """(contents) => {
  const data = new DataTransfer();
  for (const [name, type, text] of contents) {
    data.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name, { type }));
  }
  document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page") / "run"
    folder.mkdir()
    model().save(folder)
    token = folder.parent / "token"
    token.write_text("a-token-of-some-length")
    server = Server(folder, "--token-file", str(token))
    yield server
    server.end()


def test_an_image_is_classified_and_explained_with_the_token(browser, server):
    page = browser.new_page()
    wrong, elsewhere = [], []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if "127.0.0.1" in request.url or request.url.startswith(("blob:", "data:"))
            else elsewhere.append(request.url)
        ),
    )
    page.goto(f"http://127.0.0.1:{server.port}/")
    page.get_by_text("Enter the token").wait_for()
    assert page.locator("#heat").is_hidden()
    page.locator("#file").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": picture()})
    page.locator("#token").fill("another-of-some-length")
    page.locator("#token").press("Enter")
    page.get_by_text("The token is wrong").wait_for()
    page.locator("#token").fill("a-token-of-some-length")
    page.locator("#token").press("Enter")  # the image that was refused is sent again
    page.locator("#classes li").nth(2).wait_for()
    assert page.locator("#features li").count() == 12
    assert page.locator("#heat").is_visible()
    assert page.locator("#token").is_hidden()
    page.locator("#file").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"no image"})
    page.get_by_text("No image can be used: no image of a known format.").wait_for()
    assert page.locator("#classes li").count() == 0
    page.close()
    assert wrong == elsewhere == []


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_a_phone_and_a_keyboard_do_and_colours_mean_the_same_as_in_reports(browser, server, theme):
    page = browser.new_page(viewport={"width": 375, "height": 700}, color_scheme=theme.name)
    page.goto(f"http://127.0.0.1:{server.port}/")
    page.get_by_text("Enter the token").wait_for()
    page.keyboard.type("a-token-of-some-length")  # it has the focus
    page.keyboard.press("Enter")
    page.get_by_text("3 classes, pixels, 8 × 8 pixels").wait_for()
    chosen = page.get_by_label("Choose an image to classify")
    assert chosen.evaluate("(input) => input === document.activeElement && input.type === 'file'")
    assert page.locator("#drop").evaluate("(drop) => getComputedStyle(drop).outlineStyle") == "solid"
    chosen.set_input_files({"name": "cat.png", "mimeType": "image/png", "buffer": picture()})
    page.locator("#features li").first.wait_for()
    picture_name = page.locator("#picture").get_attribute("aria-label")
    assert picture_name.startswith("cat.png: ")
    assert "8 × 8 regions" in picture_name
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    colour = "(item) => getComputedStyle(item.querySelector('.bar')).backgroundColor"
    for item in page.locator("#features li").all():
        negative = item.locator(".value").inner_text().startswith("−")
        wanted = theme.low if negative else theme.high
        assert item.evaluate(colour) == f"rgb({', '.join(str(int(wanted[k : k + 2], 16)) for k in (1, 3, 5))})"
    image = base64.b64encode(picture()).decode()
    page.evaluate(DROP, [["notes.txt", "text/plain", "aGVsbG8="], ["cat.png", "image/png", image]])
    page.get_by_text("Only the first of 2 files is shown.").wait_for()
    page.evaluate(DROP, [])
    page.get_by_text("That is no file.").wait_for()
    page.close()
