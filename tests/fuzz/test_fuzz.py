"""A few damaged inputs for each target; many with ``SCORELINE_FUZZ=1000`` or ``python -m tests.fuzz``."""

import os

import pytest
from tests.fuzz.harness import fuzz
from tests.fuzz.samples import SAMPLES
from tests.fuzz.targets import TARGETS

COUNT = int(os.environ.get("SCORELINE_FUZZ", "30"))


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_input_ends_in_our_own_errors(name):
    outcome = fuzz(name, COUNT)
    assert outcome.foreign == []
    assert outcome.read + outcome.refused == COUNT
    assert outcome.refused


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_sound(name, tmp_path):
    from scoreline.data import LoadOptions, load_dataset

    sample = SAMPLES[name]
    for file, content in (sample.pack(sample.pieces) | sample.others).items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(content)
    assert len(load_dataset(tmp_path / sample.entry, LoadOptions(data_dir=tmp_path, validation=0)).classes) >= 2
