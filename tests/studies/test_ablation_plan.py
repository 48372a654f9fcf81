"""What a table refuses before anything is trained."""

import numpy as np
import pytest

from ade_tf.data import load_data
from ade_tf.evaluation import EvaluationOptions
from ade_tf.runs import RunDirectory
from experiments.studies.ablation_plan import plan_ablation
from experiments.studies.fitted import fitted_config
from tests.helpers.models import tiny_config


def plan(configs, out):
    return plan_ablation(
        configs, out, EvaluationOptions(), parameter_share=0.0, fit_settings={}
    )


def config(preset="vae", **settings):
    return tiny_config(preset, network="mlp", discriminator="mlp", **settings)


@pytest.mark.parametrize(
    ("configs", "message"),
    [
        (
            {("vae", 0): config(), ("vae", 1): config()},
            "only in their seeds. Received: 'vae' with seed=0 for the seed 1",
        ),
        (
            {("vae", 0): config(), ("vae", 1): config(seed=1, width=9)},
            "only in their seeds.*different in .*width",
        ),
        (
            {("vae", 0): config(), ("other", 0): config(conditional=True)},
            "all rows must be conditional, or none. Received: 'other'",
        ),
        (
            {("vae", 0): config(strategy="multi_worker")},
            "by one process. Received: strategy='multi_worker' in 'vae_0'",
        ),
    ],
    ids=["same seed", "other settings", "labels", "workers"],
)
def test_runs_that_do_not_belong_together(configs, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        plan(configs, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_table_goes_on_with_its_own_images_only(tmp_path):
    images = np.random.default_rng(0).integers(0, 17, [200, 8, 8, 1], np.uint8)
    np.savez(tmp_path / "a.npz", images=images, labels=np.arange(200) % 2, levels=17)
    row = config(dataset=f"npz:{tmp_path / 'a.npz'}")
    data = load_data(row.data)
    RunDirectory(tmp_path / "out" / "vae_0").open(row, (8, 8, 1), 17, 2, data)
    images[3, 0, 0] = (images[3, 0, 0] + 1) % 17
    np.savez(tmp_path / "a.npz", images=images, labels=np.arange(200) % 2, levels=17)
    with pytest.raises(ValueError, match="images and splits.*another directory"):
        plan(
            {("vae", 0): row, ("vae", 1): config(seed=1, dataset=row.data.dataset)},
            tmp_path / "out",
        )


def test_an_encoder_is_not_taken_for_another_generator(tmp_path):
    gan = config("gan")
    fitted = tmp_path / "gan_0_fitted"
    run = RunDirectory(fitted)
    run.open(fitted_config(gan, tmp_path / "gan_0", {}), (8, 8, 1), 17)
    run.checkpoints.mkdir()
    (run.checkpoints / "step-3.index").touch()
    with pytest.raises(ValueError, match="belongs to the generator it was fitted to"):
        plan({("gan", 0): gan}, tmp_path)
