"""Preparation by Apache Beam, where it is installed, and without it."""

import importlib.util
import json

import pytest

from ade_tf.config.data import PreparationOptions
from ade_tf.data.preparation import prepare_data
from tests.experiments.test_prepare_data import write_photos
from tests.helpers.binaries import contents

HAS_BEAM = importlib.util.find_spec("apache_beam") is not None


def options(source, **settings):
    return PreparationOptions(
        source=source, images_per_shard=4, processes=1, **settings
    )


@pytest.mark.long
@pytest.mark.skipif(not HAS_BEAM, reason="Apache Beam is not installed.")
def test_beam_writes_what_is_written_here(tmp_path):
    write_photos(tmp_path / "images", 30, 12)
    source, out = f"folder:{tmp_path}/images", tmp_path / "out"
    prepare_data(out, options(source))
    out.rename(tmp_path / "here")
    beam = "--runner=DirectRunner --direct_num_workers=2"
    prepare_data(out, options(source, runner="beam", beam_options=beam))
    assert contents(out) == contents(tmp_path / "here")
    # It goes on with what is there, and its errors are those of the images.
    record = json.loads((out / "dataset.json").read_text())
    assert record["images"] == {"train": 30}
    (tmp_path / "images" / "a" / "bad.png").write_bytes(b"none")
    with pytest.raises(ValueError, match="must be whole.*Received: '.*/a/bad.png"):
        prepare_data(tmp_path / "bad", options(source, runner="beam"))


@pytest.mark.skipif(HAS_BEAM, reason="Apache Beam is installed.")
def test_without_beam_it_is_one_message(tmp_path):
    write_photos(tmp_path / "images", 4, 12)
    source = f"folder:{tmp_path}/images"
    with pytest.raises(ValueError, match="`runner=beam` needs Apache Beam.*Received"):
        prepare_data(tmp_path / "out", options(source, runner="beam"))


def test_what_beam_is_not_for(tmp_path):
    with pytest.raises(ValueError, match="beam.* image files.*Received: 'digits'"):
        prepare_data(tmp_path / "out", options("digits", runner="beam"))
    with pytest.raises(ValueError, match="`beam_options` needs runner=beam.*Received"):
        options("digits", beam_options="--runner=DirectRunner")
    assert not (tmp_path / "out").exists()
