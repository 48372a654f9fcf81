"""Images of 16 bits: their likelihood is in the right unit and can be learnt."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf import AdaptiveDensityEstimator
from ade_tf.data import Split
from ade_tf.models import LikelihoodScorer

LEVELS, SIDE, STD = 2**16, 4, 3000.0


def smooth_images(count, seed):
    """Draws whole values of a Gaussian field; also gives its entropy, bits/dim.

    A cell is so much narrower than the Gaussian that the entropy of the whole values is
    the differential one: 1/2 log2(2 pi e) + log2 det(K) / 2D.
    """
    places = np.arange(SIDE)
    near = np.exp(-np.square(places[:, None] - places) / 4.5) + 0.05 * np.eye(SIDE)
    covariance = np.kron(near, near) * np.square(STD / near[0, 0])
    noise = np.random.default_rng(seed).normal(size=[count, SIDE**2])
    values = LEVELS / 2 + noise @ np.linalg.cholesky(covariance).T
    entropy = np.log2(2 * np.pi * np.e) / 2
    entropy += np.linalg.slogdet(covariance)[1] / np.log(2) / (2 * SIDE**2)
    images = np.rint(values).astype(np.uint16).reshape(count, SIDE, SIDE, 1)
    return images, entropy


def flow(images, **settings):
    return AdaptiveDensityEstimator.from_preset(
        *("flow", images),
        **{"levels": LEVELS, "width": 32, "logit_alpha": 0.0, **settings},
    )


def test_a_uniform_model_scores_16_bits(monkeypatch):
    rng = np.random.default_rng(0)
    images = rng.integers(0, LEVELS, [30, SIDE, SIDE, 1], np.uint16)
    # Zero-initialised couplings without mixing or ActNorm are the identity.
    model = flow(images, mixing="none", actnorm="none", flow_steps=(1,))
    ends = 2.0 * tf.ones(model.image_shape)
    uniform = tfp.distributions.Independent(tfp.distributions.Uniform(-ends, ends), 3)
    monkeypatch.setattr(model, "feature_density", lambda z, condition: uniform)
    scores = LikelihoodScorer(model).bound(Split(images, np.zeros(30, np.int32)))
    np.testing.assert_allclose(scores.bits_per_dim, 16.0, rtol=1e-6)


def test_smooth_images_are_learnt_to_their_entropy():
    images, entropy = smooth_images(20_000, seed=0)
    alone = np.log2(2 * np.pi * np.e * STD**2) / 2
    assert alone > 1.08 * entropy  # What a model without smoothness would score.
    model = flow(
        *(images,),
        flow_steps=(3,),
        learning_rate=3e-3,
        num_steps=400,
        batch_size=128,
    )
    model.fit(images, verbose=0)
    bits = model.bits_per_dim(smooth_images(2000, seed=1)[0])
    assert bits.mean() == pytest.approx(entropy, rel=0.02)
    drawn = model.sample(500, seed=0)
    assert drawn.dtype == np.uint16 and drawn.shape == (500, SIDE, SIDE, 1)
    assert drawn.std() == pytest.approx(images.std(), rel=0.1)
    assert drawn.mean() == pytest.approx(images.mean(), rel=0.02)
    slopes = [np.diff(x.astype(float), axis=2).std() for x in (drawn, images)]
    assert slopes[0] == pytest.approx(slopes[1], rel=0.2)
