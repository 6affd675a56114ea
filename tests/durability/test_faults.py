"""Disks without room, folders that cannot be written, other processes: one clear error, and nothing is lost."""

import pytest

fcntl = pytest.importorskip("fcntl", reason="limits and locks of POSIX")
TRAIN = ["train", "data.npz", "--solver", "adam", "--max-epochs", "5"]
#: Bytes that the report of a run takes more than, and its model and its checkpoints less.
SMALL = 60_000


@pytest.fixture(scope="module")
def reference(program, outcome):
    answer = program(*TRAIN, "--out", "reference", out="reference")
    assert answer["code"] == 0, answer["output"]
    return outcome(program.folder / "reference")


def check_error(answer, code, *texts):
    assert answer["code"] == code, answer["output"]
    assert "Traceback" not in answer["output"]
    for text in texts:
        assert text in " ".join(answer["output"].split())


def checkpoints(folder):
    return {path.name: path.read_bytes() for path in (folder / "checkpoint").glob("*.safetensors")}


def test_a_disk_that_has_room_for_some_files(program, outcome, reference):
    """What can be written is; the rest is written when there is room, without training again."""
    answer = program(*TRAIN, "--out", "small", out="small", largest=SMALL)
    check_error(answer, 3, "could not be written", "File too large", "Kept in", "the model", "Found: accuracy")
    assert (program.folder / "small" / "model.json").exists()
    check_error(program("evaluate", "small"), 0, "its model is whole")
    answer = program("export", "small", "--numpy", "small-program")
    check_error(answer, 0, "go on with 'scoreline resume small'")
    assert answer["output"].count("its model is whole") == 1  # though two steps look at the folder
    answer = program("resume", "small")
    assert answer["code"] == 0, answer["output"]
    assert outcome(program.folder / "small") == reference


def test_a_disk_that_has_room_for_nothing(program, outcome, reference):
    check_error(program(*TRAIN, "--out", "none", out="none", largest=0), 2, "cannot be written", "File too large")
    assert not (program.folder / "none").exists()
    answer = program(*TRAIN, "--out", "tiny", out="tiny", largest=1000)
    check_error(answer, 3, "No checkpoint can be written", "could not be written", "Found: accuracy")
    answer = program(*TRAIN, "--out", "tiny")
    assert answer["code"] == 0, answer["output"]
    assert outcome(program.folder / "tiny") == reference


def test_a_search_on_a_disk_without_room_is_told_to_its_end(program):
    """Decisions that cannot be written are no reason to lose what follows from them."""
    answer = program("train", "few.npz", "--budget", "none", "--out", "search", out="search", largest=1100)
    check_error(answer, 3, "resolved.yaml", "could not be written", "Found: accuracy", "by split")


def test_a_disk_that_fills_up_later_keeps_the_last_checkpoint(program, outcome, reference):
    assert program(*TRAIN, "--out", "later", kill=45, out="later")["code"] == -9
    before = checkpoints(program.folder / "later")
    assert before
    answer = program("resume", "later", out="later", largest=1000)
    check_error(answer, 3, "No checkpoint can be written")
    assert checkpoints(program.folder / "later") == before
    assert program("resume", "later")["code"] == 0
    assert outcome(program.folder / "later") == reference


def test_a_folder_that_cannot_be_written(program):
    folder = program.folder / "read-only"
    folder.mkdir()
    folder.chmod(0o555)
    for command in (TRAIN, ["compare", "data.npz"], ["sweep", "data.npz"]):
        answer = program(*command, "--out", "read-only", unprivileged=True)
        check_error(answer, 2, "The folder read-only cannot be written", "Permission denied", "--out")
    assert list(folder.iterdir()) == []


def test_another_process_is_at_it(program, outcome, reference):
    assert program(*TRAIN, "--out", "taken", kill=45, out="taken")["code"] == -9
    with (program.folder / "taken" / "unfinished").open() as marker:
        fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        check_error(program("resume", "taken"), 2, "still running")
        for command in (TRAIN, [*TRAIN, "--resume"], ["compare", "data.npz"], ["sweep", "data.npz"]):
            answer = program(*command, "--out", "taken")
            check_error(answer, 2, "Another process is writing to taken", "wait for the other process to end")
        check_error(program("evaluate", "taken"), 3, "still running")
    assert program("resume", "taken")["code"] == 0
    assert outcome(program.folder / "taken") == reference


FEATURES = ["train", "data.npz", "--features", "hog:2", "--max-epochs", "3", "--solver", "adam"]


@pytest.fixture(scope="module")
def of_features(program, outcome):
    answer = program(*FEATURES, "--out", "features", out="features")
    assert answer["code"] == 0, answer["output"]
    return outcome(program.folder / "features")


def test_damaged_shards_of_features_are_computed_again(program, outcome, of_features):
    shards = list((program.folder / "features-cache").glob("*.npz"))
    assert len(shards) > 2
    for path in shards:
        path.write_bytes(path.read_bytes()[:-9])
    for out, n_notes in (("damaged", 1), ("mended", 0)):
        answer = program(*FEATURES, "--out", out, out="features")
        check_error(answer, 0)
        assert answer["output"].count("is damaged") == n_notes
        assert outcome(program.folder / out) == of_features


def test_a_cache_of_features_that_cannot_be_written(program, outcome, of_features):
    (program.folder / "open-cache").mkdir()
    (program.folder / "open-cache").chmod(0o555)
    answer = program(*FEATURES, "--out", "open", out="open", unprivileged=True)
    check_error(answer, 0, "Features cannot be kept in", "Permission denied")
    assert answer["output"].count("cannot be kept in") == 1
    assert outcome(program.folder / "open") == of_features
