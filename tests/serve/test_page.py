"""The upload page in Debian's Chromium."""

import pytest
from tests.serve.conftest import model, picture
from tests.serve.test_running import Server


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
