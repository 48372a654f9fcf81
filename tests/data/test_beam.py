"""Preparation by Apache Beam, where it is installed, and without it."""

import errno
import functools
import importlib.util
import json

import pytest

from ade_tf.config.data import PreparationOptions
from ade_tf.data.preparation import prepare_data
from ade_tf.data.shards import write_shard
from tests.experiments.test_damage import errors
from tests.experiments.test_prepare_data import write_photos
from tests.helpers.binaries import call, contents

HAS_BEAM = importlib.util.find_spec("apache_beam") is not None


WITH_BEAM = pytest.mark.skipif(not HAS_BEAM, reason="Apache Beam is not installed.")
TWO_WORKERS = "--runner=FnApiRunner --direct_num_workers=2 "
TWO_WORKERS += "--direct_running_mode=multi_processing"


def options(source, **settings):
    return PreparationOptions(
        source=source, images_per_shard=4, processes=1, **settings
    )


def up_to(last, directory, shard, part):
    """Writes shards until one at which the machine fails."""
    if shard > last:
        raise OSError(errno.EIO, "the machine fails", shard)
    write_shard(directory, shard, part)


@pytest.mark.long
@WITH_BEAM
def test_beam_writes_what_is_written_here(tmp_path):
    write_photos(tmp_path / "images", 30, 12)
    source, out = f"folder:{tmp_path}/images", tmp_path / "out"
    prepare_data(out, options(source))
    out.rename(tmp_path / "here")
    prepare_data(out, options(source, runner="beam", beam_options=TWO_WORKERS))
    assert contents(out) == contents(tmp_path / "here")
    assert json.loads((out / "dataset.json").read_text())["images"] == {"train": 30}


@pytest.mark.long
@WITH_BEAM
def test_another_runner_goes_on_with_what_is_there(tmp_path, monkeypatch):
    write_photos(tmp_path / "images", 30, 12)
    source, out = f"folder:{tmp_path}/images", tmp_path / "out"
    prepare_data(out, options(source))
    out.rename(tmp_path / "here")
    monkeypatch.chdir(tmp_path)
    settings = [
        {},
        {"runner": "beam", "beam_options": TWO_WORKERS},
        {"runner": "beam", "beam_options": "--runner=DirectRunner"},
    ]
    for last, asked in zip((1, 4), settings, strict=False):
        write = functools.partial(up_to, f"train-{last:05d}-of-00008")
        with monkeypatch.context() as patched:
            patched.setattr("ade_tf.data.preparation.write_shard", write)
            with pytest.raises(
                (OSError, ValueError), match="the machine fails: 'train"
            ):
                prepare_data(out, options(source, **asked))
        before = contents(out)
        assert "train-00001-of-00008.json" in before and "dataset.json" not in before
    prepare_data(out, options(source, **settings[-1]))
    assert contents(out) == contents(tmp_path / "here")


@pytest.mark.long
@WITH_BEAM
@pytest.mark.parametrize("beam_options", ["", TWO_WORKERS])
def test_errors_of_images_are_those_without_beam(tmp_path, beam_options):
    write_photos(tmp_path / "images", 8, 12)
    (tmp_path / "images" / "a" / "bad.png").write_bytes(b"none")
    ended = call(
        *("prepare_data", f"--source=folder:{tmp_path}/images", "--image_size=8"),
        *("--channels=3", "--runner=beam", f"--beam_options={beam_options}"),
        f"--out={tmp_path}/out",
    )
    assert ended.status == 2
    (message,) = errors(ended)
    assert message.startswith("error: An image file must be whole and have one frame")
    assert f"Received: '{tmp_path}/images/a/bad.png' (" in message


@WITH_BEAM
@pytest.mark.parametrize(
    ("beam_options", "reason"),
    [
        ("--direct_num_workers=many", "invalid int value: 'many'"),
        ("--direct_num_worker=2", "unknown: --direct_num_worker=2"),
        ("direct_num_workers=2", "unknown: direct_num_workers=2"),
        ("--runner=Nope", "Unexpected pipeline runner: Nope."),
        ("--runner=no.such.Runner", "No module named 'no'"),
        ("--runner='", "No closing quotation"),
    ],
)
def test_bad_options_are_one_message(tmp_path, beam_options, reason):
    write_photos(tmp_path / "images", 4, 12)
    ended = call(
        *("prepare_data", f"--source=folder:{tmp_path}/images", "--runner=beam"),
        *(f"--beam_options={beam_options}", f"--out={tmp_path}/out"),
    )
    assert ended.status == 2
    (message,) = errors(ended)
    assert message.startswith("error: `beam_options` must be options that Apache Beam ")
    assert f"Received: {beam_options!r} (" in message and reason in message
    assert "usage" not in ended.err and not (tmp_path / "out").exists()


@pytest.mark.skipif(HAS_BEAM, reason="Apache Beam is installed.")
def test_without_beam_it_is_one_message(tmp_path):
    write_photos(tmp_path / "images", 4, 12)
    source = f"folder:{tmp_path}/images"
    with pytest.raises(ValueError, match="`runner=beam` needs Apache Beam.*Received"):
        prepare_data(tmp_path / "out", options(source, runner="beam"))
    assert not (tmp_path / "out").exists()


def test_what_beam_is_not_for(tmp_path):
    with pytest.raises(ValueError, match="beam.* image files.*Received: 'digits'"):
        prepare_data(tmp_path / "out", options("digits", runner="beam"))
    with pytest.raises(ValueError, match="`beam_options` needs runner=beam.*Received"):
        options("digits", beam_options="--runner=DirectRunner")
    assert not (tmp_path / "out").exists()
