"""Exported graphs in a browser: onnxruntime-web, the package of the npm registry, in Debian's Chromium."""

import base64
import hashlib
import http.server
import os
import shutil
import subprocess
import tarfile
import threading
from functools import partial

import numpy as np
import onnxruntime
import pytest
from tests.models.exports.models import trained

from scoreline.models.exports import EXPORTS, Sample, onnx_file

PACKAGE = "onnxruntime-web@1.23.0"
#: What the registry says of that version, ``npm view onnxruntime-web@1.23.0 dist.integrity``.
DIGEST = "w0bvC2RwDxphOUFF8jFGZ/dYw+duaX20jM6V4BIZJPCfK4QuCpB/pVREV+hjYbT3x4hyfa2ZbTaWx4e1Vot0fQ=="
FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
RUN = """async ({pixels, shape}) => {
    const ort = await import("./ort.wasm.min.mjs");
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = new URL("./", location.href).href;
    const session = await ort.InferenceSession.create("./model.onnx");
    const images = new ort.Tensor("uint8", new Uint8Array(pixels), shape);
    const {scores, probabilities} = await session.run({images});
    return {version: ort.env.versions.web, scores: [...scores.data], probabilities: [...probabilities.data]};
}"""


@pytest.fixture(scope="session")
def runtime(tmp_path_factory):
    """Return a folder with the files of onnxruntime-web; that it cannot be had is a failure in CI only."""
    folder = tmp_path_factory.mktemp("web")
    npm = shutil.which("npm")
    command = [npm or "npm", "pack", PACKAGE, "--ignore-scripts", "--silent", "--pack-destination", str(folder)]
    done = None if npm is None else subprocess.run(command, capture_output=True, text=True, timeout=300)  # noqa: S603
    if done is None or done.returncode:
        reason = "there is no npm" if done is None else f"npm cannot fetch {PACKAGE}: {done.stderr.strip()[-300:]}"
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    (archive,) = folder.glob("*.tgz")
    assert base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() == DIGEST
    with tarfile.open(archive) as tar:
        for name in FILES:
            (folder / name).write_bytes(tar.extractfile(f"package/dist/{name}").read())
    (folder / "index.html").write_text("<!doctype html><title>onnxruntime-web</title>")
    return folder


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, scripts as such, and tells nobody."""

    extensions_map = {".mjs": "text/javascript", ".wasm": "application/wasm", ".html": "text/html"}  # noqa: RUF012

    def log_message(self, *_):
        pass


@pytest.fixture
def page(runtime, browser):
    """Return a page beside the runtime's files; the model is to be written there."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=runtime)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        yield page
        page.close()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("spec", "loss"),
    [
        ("pixels", "softmax"),
        ("products:[dictionary:10,n_patches=500,spread=0.5,grid=3],components=5", "squared-error"),
        ("mirror:[hog:8,hue],lbp", "softmax"),
    ],
)
def test_the_browser_answers_as_onnxruntime(runtime, page, monkeypatch, spec, loss):
    monkeypatch.setattr(onnx_file, "VALUE_BYTES", 1 << 16)  # so that some are worked on in chunks
    model, X = trained(spec, loss=loss, temperature=0.5)
    EXPORTS.build("onnx").write(model, runtime / "model.onnx", Sample(X, "some"))
    session = onnxruntime.InferenceSession(runtime / "model.onnx")
    scores, probabilities = session.run(["scores", "probabilities"], {"images": X})
    found = page.evaluate(RUN, {"pixels": X.ravel().tolist(), "shape": X.shape})
    assert f"onnxruntime-web@{found['version']}" == PACKAGE
    np.testing.assert_allclose(np.reshape(found["scores"], scores.shape), scores, atol=2e-4)
    np.testing.assert_allclose(np.reshape(found["probabilities"], scores.shape), probabilities, atol=1e-5)
