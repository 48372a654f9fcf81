"""Samples beside their nearest training images."""

from ade_tf.extractors import (
    EXTRACTORS,
    cached_features,
    collect,
    default_cache_dir,
)
from ade_tf.metrics.neighbours import nearest_images
from ade_tf.progress import Passes
from ade_tf.samples.pictures import Grid
from ade_tf.samples.request import Request

__all__ = ["draw_neighbours"]

_NEIGHBOURS = ("1st", "2nd", "3rd")


def draw_neighbours(request: Request) -> Grid:
    """Returns samples, each followed by its nearest training images, nearest first.

    Near is meant in pixels, or in the features of the extractor that is asked for.
    """
    drawn = request.samples(request.options.num_samples)
    train = request.data.train.images
    sets = drawn, train
    if request.options.neighbours_in == "features":
        sets = _features(request, drawn)
    rows = nearest_images(*sets, len(_NEIGHBOURS))[1]
    found = {name: train[rows[:, rank]] for rank, name in enumerate(_NEIGHBOURS)}
    return Grid.of_groups(8, sample=drawn, **found)


def _features(request, drawn):
    """Returns the features of samples and of training images."""
    options = request.options
    cache_dir = options.cache_dir
    if cache_dir is None:
        cache_dir = default_cache_dir()
    extractor = EXTRACTORS[options.extractor](
        path=options.extractor_path,
        data=request.data,
        cache_dir=cache_dir,
        progress=Passes("extractor"),
    )
    levels = request.model.levels
    generated = collect(extractor, drawn, levels=levels)
    real = cached_features(
        extractor,
        request.data.train.images,
        levels,
        cache_dir,
        progress=Passes("features of train"),
    )
    return generated.features, real.features
