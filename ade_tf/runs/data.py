"""The images that a configuration names."""

from ade_tf.config import DataConfig
from ade_tf.data import ImageData, load_dataset

__all__ = ["load_data"]


def load_data(config: DataConfig, data_dir: str = "") -> ImageData:
    """Loads the data set of a configuration.

    Args:
      config: The settings of the data.
      data_dir: Directory of prepared TFDS data sets, in place of the settings' own.

    Raises:
      ValueError: As `load_dataset` says.
    """
    return load_dataset(
        config.dataset,
        data_dir=data_dir or config.data_dir,
        image_size=config.image_size,
        pad_to=config.pad_to,
        levels=config.levels,
        continuous=config.continuous,
        download=config.download,
        skip_bad_images=config.skip_bad_images,
    )
