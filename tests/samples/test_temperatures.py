import numpy as np
import pytest

from ade_tf.runs import load_run
from ade_tf.samples import draw
from tests.helpers.models import sample


def test_rows_are_the_same_samples_at_each_temperature(v_ade_run, tmp_path):
    path = draw(
        v_ade_run,
        mode="temperatures",
        temperatures=(0.5, 1.0, 2.0),
        num_samples=14,
        seed=3,
        noise=True,
        out=str(tmp_path / "rows.npz"),
    )
    with np.load(path) as found:
        images = found["images"]
    model = load_run(v_ade_run).model
    rows = [sample(model, 4, t, 3, noise=True) for t in (0.5, 1.0, 2.0)]
    np.testing.assert_array_equal(images, np.concatenate(rows))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0.7}, "temperature must be left at 1.*temperature=0.7"),
        ({"temperatures": ()}, "non-empty tuple of numbers"),
        ({"temperatures": (0.5, -1.0)}, "at least 0.0. Received: .0.5, -1.0."),
    ],
)
def test_other_wishes_are_refused(v_ade_run, options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        draw(v_ade_run, mode="temperatures", **options)
