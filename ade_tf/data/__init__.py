"""Data: sources of images, their splits, and streams of batches."""

from ade_tf.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "pipeline": ("evaluation_batches", "stream_of_domains", "training_stream"),
        "preparation": ("prepare_data",),
        "registry": ("SOURCES", "ImageData", "load_data", "load_dataset"),
        "splits": ("Split",),
        "toy": ("TOYS", "ToyDensity", "toy_density"),
    },
)
