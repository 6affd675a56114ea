"""The page: complete, escaped, well-formed, and without a way to the network."""

import io
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from scipy.sparse import csr_array

from scoreline.report.figures import LIGHT, confusion, png_bytes
from scoreline.report.metrics import evaluate
from scoreline.report.page import POLICY, render_report, write_report
from scoreline.report.summary import CheckRow, PageFigure, RunSummary

CLASSES = ("cat", "<script>alert('dog')</script>", 'frog" onerror="x')


@pytest.fixture(scope="module")
def summary():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 60)
    scores = rng.normal(size=(60, 3)) + 2 * np.eye(3)[y]
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    evaluation = evaluate(y, scores, CLASSES, split="test", probabilities=probabilities)
    png = png_bytes(confusion(evaluation.confusion, CLASSES, LIGHT))
    return RunSummary(
        title="softmax on <b>pets</b>",
        evaluation=evaluation,
        training={"loss": "softmax", "solver": "a < b & c"},
        data={"examples": "60 test"},
        checks=[CheckRow("first loss", "1.1", "9.9", False, "Look at the labels.")],
        figures=[PageFigure("loss-curves", "Loss, <epoch> by epoch.", png, png)],
        command="scoreline train pets",
        environment={"python": "3.11"},
        accuracies={"train": 0.9125, "test": evaluation.accuracy},
    )


@pytest.fixture(scope="module")
def page(summary):
    return render_report(summary)


class Tree(HTMLParser):
    """Checks that every element is closed in its turn; collects what was met."""

    VOID = ("meta", "img", "source", "br", "link")

    def __init__(self):
        super().__init__()
        self.open, self.met, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.met.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def tree(page):
    tree = Tree()
    tree.feed(page)
    tree.close()
    return tree


def test_elements_are_closed(tree):
    assert tree.open == []


def test_text_is_escaped(page, tree):
    assert not any(tag == "script" for tag, _ in tree.met)
    assert not any(name.startswith("on") for _, attributes in tree.met for name in attributes)
    assert "softmax on <b>pets</b>" in "".join(tree.text)
    assert all(name in "".join(tree.text) for name in CLASSES)


def test_nothing_comes_from_outside(page, tree):
    assert not re.search(r"https?://|url\(|@import", page)
    sources = [a.get("src") or a.get("srcset") for tag, a in tree.met if tag in ("img", "source")]
    assert len(sources) == 2
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    policies = [a["content"] for tag, a in tree.met if a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [POLICY]
    assert "default-src 'none'" in POLICY
    assert "script" not in POLICY


def test_pictures_have_texts_and_headers_a_scope(tree):
    assert all(attributes["alt"] for tag, attributes in tree.met if tag == "img")
    assert all(attributes["scope"] in ("row", "col") for tag, attributes in tree.met if tag == "th")


def test_pictures_are_shown_at_half_their_dots(summary, tree):
    width, height = Image.open(io.BytesIO(summary.figures[0].light)).size
    shown = [(int(a["width"]), int(a["height"])) for tag, a in tree.met if tag == "img"]
    assert shown == [(width // 2, height // 2)]


def test_each_class_names_the_one_it_is_taken_for(summary):
    confusion = np.array([[5, 0, 2], [0, 9, 0], [1, 3, 4]])
    page = render_report(replace(summary, evaluation=replace(summary.evaluation, counts=csr_array(confusion))))
    cells = [
        unescape(cell) for cell in re.findall(r"<td>([^<]*)</td></tr>", page.split("most often taken for")[1])
    ]
    assert cells[:3] == [f"{CLASSES[2]} (2)", "–", f"{CLASSES[1]} (3)"]


def test_it_says_what_was_found(tree, summary):
    text = "".join(tree.text)
    assert f"{summary.evaluation.accuracy:.1%}" in text
    assert "not passed. Look at the labels." in text
    assert "scoreline train pets" in text


def test_names_that_are_no_utf8_can_be_written(summary, tmp_path):
    write_report(replace(summary, title="bad \udcff name"), tmp_path / "report.html")
    assert "bad \\udcff name" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_other_splits_stand_beside_the_evaluated_one(page):
    assert "<li>train <b>91.2%</b></li>" in page
    assert "<li>test <b>" not in page
