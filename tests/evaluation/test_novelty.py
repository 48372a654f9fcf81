"""Tests of novelty: the scores, how a second set is fitted, and what is written."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from ade_tf.data import load_dataset
from ade_tf.data.images import fit_image
from ade_tf.evaluation.novelty import evaluate_novelty
from ade_tf.evaluation.novelty_scores import group_means, score_novelty
from ade_tf.evaluation.options import NoveltyOptions
from ade_tf.evaluation.second_set import constant_images, load_against
from ade_tf.models import LikelihoodScorer, LikelihoodScores
from ade_tf.runs import load_run
from ade_tf.runs.records import read_records
from tests.helpers.binaries import call
from tests.helpers.models import digits


def scores(center, spread, count=400, kl=0.5, seed=0):
    generator = np.random.default_rng(seed)
    bits = generator.normal(center, spread, count)
    return LikelihoodScores(bits, generator.normal(kl, 0.1, count))


def test_images_with_fewer_bits_are_atypical_but_not_novel_by_their_bits():
    usual, simple = scores(3.0, 0.2), scores(2.0, 0.2, seed=1)
    found = score_novelty(usual, simple, typical=3.0, with_kl=False)
    assert found.areas["bits_per_dim"][0] < 0.01
    assert found.areas["typicality"][0] > 0.99
    assert set(found.areas) == {"bits_per_dim", "typicality"}


def test_groups_see_a_shift_that_single_images_hide():
    usual, novel = scores(3.0, 0.5), scores(2.7, 0.5, kl=0.6, seed=1)
    one = score_novelty(usual, novel, typical=3.0, with_kl=True)
    many = score_novelty(usual, novel, typical=3.0, group_size=20, with_kl=True)
    assert one.areas["typicality"][0] < 0.65
    assert many.areas["typicality"][0] > 0.9
    assert many.areas["kl"][0] > one.areas["kl"][0] > 0.7
    assert len(many.usual["kl"]) == 20


def test_groups_are_means_of_images_used_once():
    values = 2.0 ** np.arange(11)
    found = group_means(values, 3, seed=1)
    assert found.shape == (3,)
    sums = np.rint(3 * found).astype(int)
    assert all(bin(total).count("1") == 3 for total in sums)
    assert bin(np.bitwise_or.reduce(sums)).count("1") == 9
    assert not np.array_equal(found, group_means(values, 3, seed=2))
    with pytest.raises(ValueError, match="group_size=12 for 11 images"):
        group_means(values, 12)


def test_a_second_set_gets_the_shape_and_levels_of_the_first():
    data, photos = digits(), load_dataset("photos")
    found, how = load_against("photos", data)
    assert found.images.shape == (480, 8, 8, 1) and found.images.dtype == np.uint8
    by_hand = fit_image(photos.test.images[7], 8, 1).astype(int) * 17 // 256
    np.testing.assert_array_equal(found.images[7], by_hand)
    assert "brought to 8x8x1 by central crop, area resize" in how
    assert "256 levels to 17 by floor(x 17/256)" in how


def test_grey_becomes_colour_and_few_levels_many():
    found, how = load_against("digits", load_dataset("photos:16"))
    assert found.images.shape == (300, 16, 16, 3)
    assert found.images.max() == 16 * 256 // 17
    assert np.ptp(found.images, axis=-1).max() == 0
    assert "17 levels to 256" in how


def test_a_second_set_is_loaded_as_it_is_asked_for(tmp_path):
    photos = load_dataset("photos").test.images[:30]
    for place, image in enumerate(photos):
        Image.fromarray(image).save(tmp_path / f"{place:02d}.png")
    (tmp_path / "bad.png").write_text("not a PNG")
    folder = f"folder:{tmp_path}"
    with pytest.raises(ValueError, match="skip_bad_images"):
        load_against(folder, digits())
    found, how = load_against(folder, digits(), NoveltyOptions(skip_bad_images=True))
    assert found.images.shape == (30, 8, 8, 1) and "all images" in how
    np.savez(tmp_path / "a.npz", x_train=photos / 1.0, x_test=photos[:7] / 1.0)
    archive = f"npz:{tmp_path / 'a.npz'}"
    with pytest.raises(ValueError, match="need `levels`"):
        load_against(archive, digits())
    found, how = load_against(archive, digits(), NoveltyOptions(levels=256))
    assert found.images.shape == (7, 8, 8, 1) and "test images" in how
    with pytest.raises(ValueError, match="grey or colour levels. .*levels=0"):
        load_against(archive, digits(), NoveltyOptions(continuous=True))


def test_shapes_are_made_equal_or_refused(tmp_path):
    np.savez(tmp_path / "wide.npz", images=np.zeros((9, 4, 8), np.uint8))
    np.savez(tmp_path / "pair.npz", images=np.zeros((9, 8, 8, 2), np.uint8))
    np.savez(tmp_path / "deep.npz", images=np.zeros((9, 8, 8), np.uint16), levels=999)
    np.savez(tmp_path / "real.npz", images=np.zeros((9, 4, 8, 1), np.float32))
    wide = load_dataset(f"npz:{tmp_path / 'wide.npz'}")
    assert load_against("digits", wide)[0].images.shape == (300, 4, 8, 1)
    pair = load_dataset(f"npz:{tmp_path / 'pair.npz'}")
    with pytest.raises(ValueError, match=r"against='digits' of shape \(8, 8, 1\)"):
        load_against("digits", pair)
    deep = load_dataset(f"npz:{tmp_path / 'deep.npz'}")
    with pytest.raises(ValueError, match="at most 256. Received: .*999 levels"):
        load_against("digits", deep)
    continuous = load_dataset(f"npz:{tmp_path / 'real.npz'}", continuous=True)
    with pytest.raises(ValueError, match="at most 256. Received: .*continuous"):
        load_against("digits", continuous)


def test_constant_images_are_one_per_level():
    images = constant_images((4, 6, 3), 5).images
    assert images.shape == (5, 4, 6, 3)
    for level, image in enumerate(images):
        assert np.all(image == level)


@pytest.fixture(scope="module", name="run")
def _run(v_ade_run, tmp_path_factory):
    """A run of its own, for its records are looked at."""
    return shutil.copytree(v_ade_run, tmp_path_factory.mktemp("novelty") / "run")


def test_what_a_run_is_told_and_what_it_keeps(run, capsys):
    options = NoveltyOptions(against="photos:8", num_images=40, group_size=2, seed=3)
    before = len(read_records(run / "metrics.jsonl"))
    records = evaluate_novelty(run, options)
    assert read_records(run / "metrics.jsonl")[before:] == json.loads(
        json.dumps(records)
    )
    assert [r["score"] for r in records] == ["bits_per_dim", "typicality", "kl"]
    bound = LikelihoodScorer(load_run(run).model).bound(digits().test, 3, 40)
    with np.load(run / "samples" / "novelty-photos-8.npz") as saved:
        np.testing.assert_allclose(saved["usual_bits_per_dim"], bound.bits_per_dim)
        np.testing.assert_allclose(saved["usual_kl"], bound.kl)
        assert saved["novel_bits_per_dim"].shape == (40,)
        assert saved["constant_bits_per_dim"].shape == (17,)
        typical = saved["reference_bits_per_dim"].mean()
    first, second, _ = records
    assert first["usual_mean"] == pytest.approx(bound.bits_per_dim.mean())
    assert second["typical_bits_per_dim"] == pytest.approx(typical)
    assert second["typical_split"] == "train"
    for record in records:
        assert record["num_examples"] == record["num_novel"] == 20
        assert 0 <= record["value"] <= 1 and record["standard_error"] >= 0
    with Image.open(run / "samples" / "novelty-photos-8.png") as picture:
        assert picture.width > 600 and len(np.unique(np.asarray(picture))) > 50
    said = capsys.readouterr().out
    assert "floor(x 17/256)" in said and "Hanley-McNeil" in said
    assert f"| typicality | {second['usual_mean']:.3f} |" in said
    assert "constant  the image that is" in said and "novelty-photos-8.png" in said


def test_the_binary(run, tmp_path):
    out = tmp_path / "new" / "other.png"
    flags = [f"--run_dir={run}", "--against=photos", "--num_images=20"]
    ended = call("novelty", *flags, "--reference=validation", f"--out={out}")
    assert ended.status == 0, ended.err
    assert out.exists() and out.with_suffix(".npz").exists()
    assert "mean of the validation images" in ended.out
    refused = {
        "--against=moon": "Received: 'moon'",
        "--group_size=0": "`group_size` must be at least 1",
        "--reference=test": "`reference` must be one of",
        "--out=a.jpg": "out must end in .png",
    }
    before = len(read_records(run / "metrics.jsonl"))
    for flag, message in refused.items():
        ended = call("novelty", *flags, flag)
        assert ended.status == 2 and message in ended.err, ended.err
    assert len(read_records(run / "metrics.jsonl")) == before
