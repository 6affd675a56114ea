"""Another revision beside this tree: the table, the verdict, and that no worktree is left behind."""

import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest
from benchmarks.against.measurements import MEASUREMENTS, Data
from benchmarks.against.report import compare, label, table
from benchmarks.against.worktree import RevisionError, checked_out, commit_of
from benchmarks.datasets import jpeg_folder
from benchmarks.harness import ROOT, Measurements
from benchmarks.peers import PEERS
from benchmarks.tasks import Job, Record

needs_clone = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no clone")


def against(*arguments, folder):
    """Start the command with a temporary folder of its own."""
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "benchmarks", "against", *arguments, "--cache", str(folder / "cache")],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def worktrees(folder):
    """Return what Git and the disk know of worktrees in a folder."""
    listed = subprocess.run(  # noqa: S603
        ["git", "-C", ROOT, "worktree", "list", "--porcelain"],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    known = [line for line in listed.splitlines() if line.startswith(f"worktree {folder}/")]
    return known + [file.name for file in folder.glob("scoreline-against-*")]


@needs_clone
def test_the_small_form_prints_ratios_and_leaves_no_worktree(tmp_path):
    with against("HEAD", "--small", "--rounds", "1", "--threads", "1", "--only", "digits", folder=tmp_path) as run:
        out, err = run.communicate()
    lines = [line.strip("| ").split(" | ") for line in out.splitlines() if line.startswith("| ")]
    assert len(lines) == 2 + 3, err
    head, _, cold, warm, objective = lines
    assert [row[head.index("measurement")] for row in (cold, warm, objective)] == ["digits"] * 3
    assert all(row[head.index("ratio, pair by pair")].endswith("x") for row in (cold, warm, objective))
    assert objective[head.index("ratio, pair by pair")] == "1.00x"
    assert " cores, " in out
    assert run.returncode == int("WORSE" in " ".join(cold + warm))
    assert worktrees(tmp_path) == []


@needs_clone
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_no_worktree_is_left_when_it_is_ended_early(tmp_path, ending):
    with against("HEAD", "--small", "--only", "digits", folder=tmp_path) as run:
        assert "against" in run.stderr.readline()
        assert len(worktrees(tmp_path)) == 2
        run.send_signal(ending)
        run.communicate()
    assert run.returncode == 128 + ending
    assert worktrees(tmp_path) == []


@needs_clone
def test_no_worktree_is_left_when_something_fails(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with suppress(ZeroDivisionError), checked_out(commit_of("HEAD")) as tree:
        assert (tree / "src" / "scoreline" / "__init__.py").is_file()
        raise ZeroDivisionError
    assert worktrees(tmp_path) == []


@needs_clone
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-branch"], "there is no revision 'no-such-branch'"),
        (["--only", "speed", "HEAD"], "there is no measurement speed; there are epoch, exact, path,"),
        (["--rounds", "0", "HEAD"], "--rounds is 0"),
    ],
)
def test_wrong_use_is_refused(tmp_path, arguments, message):
    with against(*arguments, folder=tmp_path) as run:
        _, err = run.communicate()
    assert run.returncode == 2
    assert message in err
    assert "Traceback" not in err
    assert worktrees(tmp_path) == []


@needs_clone
@pytest.mark.parametrize("revision", ["", "-h", "--all", "HEAD:src", "HEAD..HEAD", "a b"])
def test_what_is_no_commit_is_refused(revision):
    with pytest.raises(RevisionError, match="there is no revision"):
        commit_of(revision)


def results(*pairs, errors=("", "")):
    """Return what rounds told of the measurement memory, whose only figure is the peak."""
    found = Measurements()
    for pair in pairs:
        for side, peak, error in zip(("before", "now"), pair, errors, strict=True):
            found.add(Record(label("memory", side), peak=peak, error=error))
    return found


@pytest.mark.parametrize(
    ("pairs", "verdict"),
    [
        ([(100, 103)], "ok"),
        ([(100, 104)], "WORSE"),
        ([(100, 110), (100, 108), (100, 112), (100, 99), (100, 115)], "WORSE"),  # one lucky pair is not enough
        ([(100, 110), (100, 95), (100, 112), (100, 94), (100, 115)], "ok"),  # within its spread
        ([(200, 100), (100, 50)], "ok"),
        ([(float("nan"), 1.0)], "lost in noise"),
    ],
)
def test_a_figure_is_worse_beyond_its_spread(pairs, verdict):
    (row,) = compare(results(*pairs), {"memory": MEASUREMENTS["memory"]})
    assert row.verdict == verdict
    assert row.is_worse == (verdict == "WORSE")


@pytest.mark.parametrize(
    ("errors", "verdict", "worse"), [(("", "broken"), "FAILS", True), (("broken", ""), "failed before", False)]
)
def test_a_failure_in_this_tree_is_worse(errors, verdict, worse):
    rows = compare(results((float("nan"), 1.0), errors=errors), {"memory": MEASUREMENTS["memory"]})
    assert [(row.verdict, row.is_worse) for row in rows] == [(verdict, worse)]
    assert "broken" in table(rows, "abc").markdown()


@pytest.mark.parametrize("data", [Data("digits", "shapes", small=True), Data("cifar10", "cifar10-jpeg")])
@pytest.mark.parametrize("name", list(MEASUREMENTS))
def test_jobs_are_known_and_warmed(name, data):
    job = MEASUREMENTS[name].job(data)
    assert job.label == name
    assert job.peer in PEERS
    assert job.rehearsal
    assert Job.from_json(job.as_json()) == job


def test_the_archive_is_unpacked_once(tmp_path, monkeypatch):
    monkeypatch.delenv("SCORELINE_DATA", raising=False)
    assert jpeg_folder(tmp_path) is None
    monkeypatch.setenv("SCORELINE_DATA", str(tmp_path))
    assert jpeg_folder(tmp_path) is None
    (tmp_path / "cifar10-jpeg" / "train").mkdir(parents=True)
    (tmp_path / "cifar10-jpeg" / "train" / "note").write_text("x", encoding="utf-8")
    assert jpeg_folder(tmp_path) == tmp_path / "cifar10-jpeg"
    subprocess.run(["tar", "-C", tmp_path, "-cJf", tmp_path / "cifar10-jpeg.tar.xz", "cifar10-jpeg"], check=True)  # noqa: S603, S607
    (tmp_path / "cifar10-jpeg").rename(tmp_path / "elsewhere")
    unpacked = jpeg_folder(tmp_path / "cache")
    assert (unpacked / "train" / "note").is_file()
    assert jpeg_folder(tmp_path / "cache") == unpacked
