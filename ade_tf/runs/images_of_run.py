"""The images of a trained run."""

import dataclasses

from ade_tf.config import DataConfig
from ade_tf.config.data import RunDataSettings
from ade_tf.data import ImageData, load_data
from ade_tf.runs.run_directory import RunDirectory

__all__ = ["load_images_of_run"]

_REMEDY = (
    "dataset names them where they are now; changed_data takes others, of which test "
    "images may have been trained on"
)


def load_images_of_run(
    directory: RunDirectory, config: DataConfig, settings: RunDataSettings
) -> ImageData:
    """Loads the images that a run was trained with, from where they are now.

    Args:
      directory: The run's.
      config: Its settings of the data.
      settings: Where they are now, and whether others are taken.

    Raises:
      ValueError: If they cannot be loaded, or are not those of training.
    """
    if settings.dataset_b and not config.dataset_b:
        raise ValueError(
            "dataset_b is for a run of two domains. "
            f"Received: dataset_b={settings.dataset_b!r}"
        )
    config = dataclasses.replace(
        config,
        dataset=settings.dataset or config.dataset,
        dataset_b=settings.dataset_b or config.dataset_b,
        data_dir=settings.data_dir or config.data_dir,
    )
    data = load_data(config, as_formerly=directory.is_former)
    directory.check_images(data, _REMEDY, settings.changed_data)
    return data
