import numpy as np
import pytest
from PIL import Image

from ade_tf.runs import load_run
from ade_tf.samples import draw
from ade_tf.training import train
from tests.helpers.models import sample, tiny_config

SETTINGS = dict(
    dataset="toy:pinwheel",
    flow_squeeze=False,
    flow_steps=(1,),
    coupling_network="mlp",
    network="mlp",
    discriminator="mlp",
    actnorm="channel",
    num_steps=2,
)


@pytest.fixture(scope="module", params=["flow", "gan"])
def points_run(request, tmp_path_factory):
    """A run on points; without a likelihood, kernels stand in for its density."""
    directory = tmp_path_factory.mktemp("points") / "run"
    train(tiny_config(request.param, **SETTINGS), directory)
    return directory


def test_a_density_stands_beside_the_data(points_run, tmp_path, monkeypatch):
    monkeypatch.setattr("ade_tf.evaluation.density_map.CELLS", 20)
    monkeypatch.setattr("ade_tf.evaluation.toy._KERNELS", 200)
    options = dict(mode="density", num_samples=50, temperature=0.8)
    path = draw(points_run, **options)
    assert path == points_run / "samples" / "density.png"
    with Image.open(path) as picture:
        width, height = picture.size
    assert 0.7 < width / height < 1.3
    path = draw(points_run, **options, out=str(tmp_path / "points.npz"))
    with np.load(path) as found:
        points = found["images"]
    wanted = sample(load_run(points_run).model, 50, 0.8, 0)
    np.testing.assert_allclose(points, wanted, atol=1e-5)


def test_other_data_are_refused(v_ade_run):
    with pytest.raises(ValueError, match="a run on `toy:NAME`.*dataset='digits'"):
        draw(v_ade_run, mode="density")
