"""A folder is looked at again and again: what is taken from it, and what is refused."""

from tests.serve.conftest import model

from scoreline.serve.model import ServedModel


def test_weights_that_are_damaged_alone_are_refused_until_they_are_whole(tmp_path):
    model().save(tmp_path)
    served = ServedModel(tmp_path, max_pixels=1000)
    first, weights = served.now, tmp_path / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1])
    # A description may follow, as when a model is saved: they are given a second look.
    assert [served.look() for _ in range(3)] == ["", "refused", ""]
    assert "model.safetensors" in served.refused
    (tmp_path / "report.html").write_text("another file of the folder")
    assert [served.look() for _ in range(3)] == ["", "", ""]
    assert served.refused
    weights.write_bytes(whole)
    assert [served.look() for _ in range(3)] == ["", "", ""]
    assert served.refused == ""
    assert served.now is first


def test_other_models_are_taken_wherever_the_path_leads(tmp_path):
    folders = [tmp_path / "a", tmp_path / "b"]
    for seed, folder in enumerate(folders):
        folder.mkdir()
        model(seed, classes=("w", "x", "y", "z")[: 3 + seed]).save(folder)
    link, other = tmp_path / "link", tmp_path / "other"
    link.symlink_to(folders[0])
    served = ServedModel(link, max_pixels=1000)
    assert served.look() == ""
    other.symlink_to(folders[1])
    other.replace(link)
    assert served.look() == "taken"
    assert len(served.now.classifier.classes) == 4
    folders[1].rename(tmp_path / "away")
    assert served.look() == "refused"
    folders[0].rename(folders[1])
    assert served.look() == "taken"
    assert served.refused == ""
