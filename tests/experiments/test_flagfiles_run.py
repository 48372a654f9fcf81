"""Every flagfile of a run, for two steps on synthetic images of its shape."""

import numpy as np
import pytest
import tensorflow as tf
from absl import flags

from ade_tf.models import build_model, initialize_from_data
from experiments import common_flags, run_config
from experiments.flagfiles import expand
from tests.helpers.binaries import FLAGFILES, ROOT, flags_of

# Image shape and levels, by the first word of the flagfile's name.
SHAPES = {
    "digits": ((8, 8, 1), 17),
    "mnist": ((32, 32, 1), 256),
    "cifar10": ((32, 32, 3), 256),
    "images64": ((64, 64, 3), 256),
    "bench": ((32, 32, 3), 256),
    "toy": ((1, 1, 2), 0),
    "shapes": ((16, 16, 1), 17),
}


def marked(name):
    kind = name.split("_")[0]
    (height, *_), _ = SHAPES[kind]
    # Variants of another model, and the deep couplings of Flow-GAN, are long.
    variant = f"--flagfile={kind}_" in (ROOT / f"flags/{name}.flags").read_text()
    long = variant or height > 32 or name.startswith("cifar10_flow_gan")
    return pytest.param(name, marks=pytest.mark.long if long else ())


def config_of(name):
    bench = name.startswith("bench")
    define = (
        common_flags.define_benchmark_flags if bench else common_flags.define_run_flags
    )
    with flags_of(define):
        flags.FLAGS([name, *expand([f"--flagfile=flags/{name}.flags"])])
        config = run_config.config_from_flags()
    mixed = {"mixed_group": 2} if config.of("discriminator_batch") else {}
    return config.replace(batch_size=2, **mixed)


@pytest.mark.parametrize("name", [marked(path.stem) for path in FLAGFILES])
def test_a_flagfile_runs_for_two_steps(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    config = config_of(name)
    shape, levels = SHAPES[name.split("_")[0]]
    generator = np.random.default_rng(0)
    images = generator.normal(size=[16, *shape])
    if levels:
        images = generator.integers(0, levels, [16, *shape])
    images = images.astype(np.float32)
    labels = np.arange(16) % 10
    model = build_model(config, shape, levels, num_classes=10)
    for own in model.domains():
        initialize_from_data(own, images, labels=own.own_labels(labels))
    model.run_eagerly = True
    before = [v.numpy() for v in model.trainable_variables]
    batch = {"image": images[:2], "label": labels[:2]}
    if config.preset.second_domain:
        batch["image_b"] = images[2:4]
    data = tf.data.Dataset.from_tensors(batch).repeat()
    history = model.fit(data, steps_per_epoch=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values()), history
    assert history["skipped"] == [0.0]
    assert any(
        np.any(old != new.numpy())
        for old, new in zip(before, model.trainable_variables, strict=True)
    )
