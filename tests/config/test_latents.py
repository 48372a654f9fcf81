import pytest

from ade_tf.config import RunConfig


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"preset": "flow", "latent_levels": (1,)}, "latent_levels needs.*'flow'"),
        ({"preset": "flow", "posterior": "iaf"}, "posterior needs.*preset='flow'"),
        ({"preset": "gan", "free_bits": 0.1}, "free_bits needs.*a likelihood.*'gan'"),
        ({"preset": "gan", "covariance_rank": 2}, "covariance_rank needs.*'gan'"),
        ({"iaf_steps": 3}, "iaf_steps needs posterior `iaf`.*'gaussian', iaf_steps=3"),
        ({"iaf_width": 8}, "iaf_width needs posterior `iaf`"),
        ({"network": "mlp", "latent_levels": (1,)}, "needs a network with maps.*'mlp'"),
        ({"latent_levels": (1, 0, 2)}, "at least 1 level at each scale.*=1,0,2"),
        ({"latent_levels": (-1,)}, "`latent_levels` must be at least 0"),
        ({"posterior": "uniform"}, "`posterior` must be one of 'gaussian', 'iaf'"),
        ({"covariance_rank": -1}, "`covariance_rank` must be at least 0"),
    ],
)
def test_what_cannot_act_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        RunConfig.from_flat(values)


def test_what_can_act_is_taken():
    values = dict(latent_levels=(2, 1), posterior="iaf", iaf_steps=1, free_bits=0.25)
    found = RunConfig.from_flat({"preset": "vae", "covariance_rank": 2, **values})
    assert found.model.latent_levels == (2, 1)
    assert RunConfig.from_flat({"preset": "gan", "latent_levels": (1,)})
