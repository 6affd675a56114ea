"""Files appear whole or not at all, with modes of the umask, and killed processes leave nothing for ever."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from scoreline._files import (
    HAS_LOCKS,
    partial_file,
    partial_folder,
    remove_orphans,
    replacing,
    write_bytes,
    write_text,
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


posix = pytest.mark.skipif(os.name == "nt", reason="modes, locks and signals of POSIX")


def test_a_file_is_replaced_in_one_step(tmp_path):
    path = tmp_path / "file"
    write_text(path, "before \ud800")
    with replacing(path) as part:
        part.write_text("after")
        assert path.read_text() == "before \\ud800"
    assert path.read_text() == "after"
    assert names(tmp_path) == ["file"]


def test_what_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    path.write_text("before")

    def work():
        with replacing(path) as part:
            part.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert path.read_text() == "before"
    assert names(tmp_path) == ["file"]


@posix
def test_links_stay_and_devices_and_pipes_are_written_to(tmp_path):
    (tmp_path / "kept").mkdir()
    file, link, pipe = tmp_path / "kept" / "file", tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(file)
    write_text(link, "through the link")
    assert link.is_symlink()
    assert file.read_text() == "through the link"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # so that the writer need not wait for one
    try:
        write_text(pipe, "to whoever reads")
        assert os.read(reader, 100) == b"to whoever reads"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert names(tmp_path) == ["kept", "link", "pipe"]


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="open files have no paths")
def test_a_pipe_without_a_name_is_written_to():
    """As /dev/stdout is where another program reads."""
    reader, writer = os.pipe()
    try:
        write_text(Path(f"/dev/fd/{writer}"), "to whoever reads")
        assert os.read(reader, 100) == b"to whoever reads"
    finally:
        os.close(reader)
        os.close(writer)


@posix
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o007, 0o660), (0o077, 0o600)])
def test_modes_follow_the_umask(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        write_bytes(tmp_path / "file", b"")
        with replacing(tmp_path / "other") as part:  # as writers do that make a file of their own
            part.unlink()
            os.close(os.open(part, os.O_CREAT | os.O_WRONLY, 0o600))
        with partial_folder(tmp_path) as folder:
            assert stat.S_IMODE(folder.stat().st_mode) == 0o777 & ~umask
    finally:
        os.umask(before)
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("file", "other")} == {mode}


@posix
@pytest.mark.parametrize("kind", ["partial_file", "partial_folder"])
def test_what_a_killed_process_leaves_is_removed(tmp_path, kind):
    code = (
        f"import os, signal, sys; from pathlib import Path; from scoreline._files import {kind} as begin\n"
        "with begin(Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)  # noqa: S603
    assert ended.returncode == -signal.SIGKILL
    assert len(names(tmp_path)) == 1
    with partial_file(tmp_path) as mine:
        assert names(tmp_path) == [mine.name]


@pytest.mark.skipif(not HAS_LOCKS, reason="needs locks")
def test_what_is_being_written_stays(tmp_path):
    with partial_file(tmp_path) as file, partial_folder(tmp_path) as folder:
        remove_orphans(tmp_path)
        assert file.exists()
        assert folder.is_dir()
    assert names(tmp_path) == []


def test_other_files_and_links_are_no_orphans(tmp_path):
    (tmp_path / "mine.part").write_text("years of work")
    (tmp_path / ".scoreline-0.part").symlink_to(tmp_path / "mine.part")
    remove_orphans(tmp_path)
    assert (tmp_path / "mine.part").read_text() == "years of work"
    remove_orphans(tmp_path / "none")
