"""Tests of nearest neighbours, against scipy's distances of every pair."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.datasets import load_digits

from ade_tf.metrics import (
    count_balls,
    kth_radii,
    nearest_distances,
    nearest_neighbours,
    neighbours,
)


def pairs(kind):
    """Returns two sets of rows; real digits have many ties."""
    if kind == "digits":
        rows = load_digits().data
        return rows[:150], rows[150:380]
    shape = [380, 7]
    rows = np.random.default_rng(0).normal(1000 if kind == "far" else 0, 1, shape)
    rows[200:205] = rows[:5]  # Rows that are in both sets.
    return rows[:150].astype(np.float32), rows[150:]


@pytest.fixture(params=[1, 5_000, 2**23], ids="block{}".format)
def block(request, monkeypatch):
    """Blocks of one row, of some rows and of all."""
    monkeypatch.setattr(neighbours, "_BLOCK", request.param)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("kind", ["near", "far", "digits"])
@pytest.mark.parametrize("k", [1, 230])
def test_nearest_are_those_of_every_pair(kind, k):
    queries, references = pairs(kind)
    every = cdist(queries.astype(np.float64), references.astype(np.float64))
    distances, rows = nearest_neighbours(queries, references, k)
    np.testing.assert_allclose(distances, np.sort(every, 1)[:, :k], rtol=1e-12)
    np.testing.assert_allclose(
        distances, np.take_along_axis(every, rows, 1), rtol=1e-12
    )
    np.testing.assert_array_equal(nearest_distances(queries, references, k), distances)
    assert (np.diff(rows, axis=1)[np.diff(distances, axis=1) == 0] > 0).all()


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("kind", ["near", "far", "digits"])
def test_counts_are_those_of_every_pair(kind):
    queries, centres = pairs(kind)
    every = cdist(queries.astype(np.float64), centres.astype(np.float64))
    radii = np.sort(every, 0)[3] * 1.0001
    np.testing.assert_array_equal(
        count_balls(queries, centres, radii), (every <= radii).sum(1)
    )


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("offset", [0.0, 1e4])
@pytest.mark.parametrize("dims", [1, 5, 333])
@pytest.mark.parametrize("k", [1, 3])
def test_ties_are_ties(k, dims, offset):
    """A copy is at distance 0 and every k-th neighbour on its ball, to the last bit."""
    points = np.random.default_rng(0).normal(offset, 1, size=[120, dims])
    points[:10] = points[10:20]
    every = np.sqrt(np.square(points[:, None] - points).sum(-1))
    np.testing.assert_array_equal(nearest_distances(points, points, 1), 0)
    radii = kth_radii(points, k)
    np.testing.assert_array_equal(radii, np.sort(every, 1)[:, k])
    assert (radii[:20] == 0).all() == (k == 1)
    counts = count_balls(points, points, radii)
    np.testing.assert_array_equal(counts, (every <= radii).sum(1))


def test_balls_of_no_radius_hold_copies_alone():
    """A far mean costs the products |a|^2 + |b|^2 - 2 a b eight digits."""
    points = np.random.default_rng(0).normal(1e4, 1e-3, size=[60, 40])
    queries = np.concatenate([points, points + 1e-9])
    counts = count_balls(queries, points, np.zeros(60))
    np.testing.assert_array_equal(counts, [1] * 60 + [0] * 60)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: nearest_distances(x, x, 0), "at most the number of ref.*k=0 of 5"),
        (lambda x: nearest_distances(x, x, 6), "at most the number of ref.*k=6 of 5"),
        (lambda x: kth_radii(x, 5), "at most the number of other points.*k=5 of 4"),
        (lambda x: nearest_distances(x, x[:, :1], 1), "one size.*queries of size 2"),
        (lambda x: count_balls(x, x, [1.0]), "finite radius.*5 centres"),
        (lambda x: count_balls(x, x, [-1.0] * 5), "not negative"),
        (lambda x: count_balls(x, x, [np.nan] * 5), "finite radius"),
    ],
)
def test_impossible_choices_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.eye(5, 2))
