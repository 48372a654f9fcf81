"""The directory of a run: what it holds, and whose it is."""

import contextlib
import json
import os
import pathlib
import platform
import re

from absl import logging

from ade_tf.config import RunConfig
from ade_tf.config.run_marks import RUN_FILE, RUN_FORMAT
from ade_tf.data import ImageData
from ade_tf.files import expanded, replace_file
from ade_tf.lock import LOCK, locked
from ade_tf.runs.records import truncate_after
from ade_tf.versions import package_versions

__all__ = ["RunDirectory", "flagfile"]

# What a process killed before the configuration was whole may leave.
_UNFINISHED = re.compile(rf"{LOCK}|resolved\.flags|\.config\.json\..*")
_NEEDED = ("config", "image_shape", "levels")


class RunDirectory:
    """Paths of a run and its recorded configuration.

    Args:
      path: The directory; need not exist. `~` is the user's home.

    Raises:
      ValueError: If it exists and holds something else than a run.
    """

    def __init__(self, path):
        self.path = expanded(path)
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"run_dir must be a directory. Received: {str(path)!r}")
        if not self.config_path.exists() and self.path.exists():
            names = sorted(p.name for p in self.path.iterdir())
            others = [name for name in names if not _UNFINISHED.fullmatch(name)]
            if others:
                raise ValueError(
                    "run_dir must be new, empty or the directory of a run. "
                    f"Received: {str(path)!r}, which holds "
                    f"{', '.join(others[:5])}"
                )

    @property
    def config_path(self) -> pathlib.Path:
        """The recorded configuration."""
        return self.path / RUN_FILE

    @property
    def scalars(self) -> pathlib.Path:
        """Terms of the loss by step."""
        return self.path / "scalars.jsonl"

    @property
    def hours(self) -> pathlib.Path:
        """Hours of training by step, a line for each checkpoint."""
        return self.path / "hours.jsonl"

    @property
    def metrics(self) -> pathlib.Path:
        """Results of evaluations."""
        return self.path / "metrics.jsonl"

    @property
    def checkpoints(self) -> pathlib.Path:
        """Directory of the checkpoints."""
        return self.path / "checkpoints"

    @property
    def followed(self) -> pathlib.Path:
        """Directory of what `evaluate --follow` keeps: its best weights and curves."""
        return self.path / "followed"

    @property
    def samples(self) -> pathlib.Path:
        """Directory of the sample pictures."""
        return self.path / "samples"

    @property
    def tensorboard(self) -> pathlib.Path:
        """Directory of the TensorBoard events."""
        return self.path / "tensorboard"

    @contextlib.contextmanager
    def named_in_errors(self):
        """Makes a context that adds the directory to errors that name no file.

        The system's error for a full disk names none.
        """
        try:
            yield
        except OSError as error:
            if error.errno is not None and error.filename is None:
                error.filename = str(self.path)
            raise

    def read(self) -> dict | None:
        """Returns the record of the run, or None if there is no run yet.

        Its keys: `config` (a resolved `RunConfig`), `image_shape`, `levels`,
        `num_classes` (0 where an older version did not record it), `class_names`
        (numbers, likewise), `images` (what tells them from others; None, likewise),
        `packages`, `machine`; `extended`, if it was, `[step, num_steps before, after]`
        each time.

        Raises:
          ValueError: If the recorded configuration is not of a run of this library.
        """
        if not self.config_path.exists():
            return None
        try:
            record = json.loads(self.config_path.read_text())
        except (json.JSONDecodeError, UnicodeDecodeError):
            record = None
        if not isinstance(record, dict) or record.get("format") != RUN_FORMAT:
            raise ValueError(
                "run_dir must be new, empty or the directory of a run. "
                f"Received: {str(self.path)!r}, whose config.json is something else's"
            )
        if missing := [name for name in _NEEDED if name not in record]:
            raise ValueError(
                f"the config.json of a run must have {', '.join(_NEEDED)}. "
                f"Received: {str(self.config_path)!r} without {', '.join(missing)}"
            )
        record["config"] = RunConfig.from_stored(record["config"])
        record.setdefault("num_classes", 0)
        record.setdefault("class_names", [*map(str, range(record["num_classes"]))])
        record.setdefault("images", None)
        return record

    def check(self, config: RunConfig) -> None:
        """Checks that a run found here was started with this configuration.

        It may ask for more steps. The images may have another name, if it is recorded
        what tells them from others (see `check_images`).

        Raises:
          ValueError: If not; the message holds the differences.
        """
        record = self.read()
        if record is None:
            return
        differences = record["config"].differences(config)
        if record["images"]:
            for name in ("dataset", "dataset_b"):
                differences.pop(name, None)
        steps = record["config"].training.num_steps
        if [*differences] == ["num_steps"] and steps < config.training.num_steps:
            return
        if differences:
            listed = "\n".join(
                f"  {name}: {old!r} -> {new!r}"
                for name, (old, new) in differences.items()
            )
            raise ValueError(
                "a run is resumed with the configuration it was started with, or with "
                "more steps (or another run_dir is given). "
                f"Received: {str(self.path)!r} with\n{listed}"
            )

    @contextlib.contextmanager
    def locked(self):
        """Makes a context in which this process alone trains the run.

        Raises:
          ValueError: If another does; the message names it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with locked(self.path):
            yield

    @property
    def is_former(self) -> bool:
        """Whether a run here is of a version that loaded images by other rules."""
        record = self.read()
        return record is not None and record["images"] is None

    def check_images(self, data: ImageData, remedy: str, changed: bool = False) -> None:
        """Checks that a run found here was trained with these images and splits.

        Of runs of older versions, which did not record what tells them from others, a
        warning says that it is not known.

        Args:
          data: The images.
          remedy: What may be done about other ones, for the error message.
          changed: Let other images pass, with a warning.

        Raises:
          ValueError: If they are others, or of another shape or other levels.
        """
        record = self.read()
        if record is None:
            return
        self._check_shape(record, data.image_shape, data.levels)
        if record["images"] is None:
            logging.warning(
                "%s is of a version that did not record what its images were; whether "
                "these are the same is not known.",
                self.path,
            )
            return
        different = [
            f"{name}: {old['images']} images, now {data.identity[name]['images']}"
            + " others" * (old["images"] == data.identity[name]["images"])
            for name, old in record["images"].items()
            if old != data.identity[name]
        ]
        if not different:
            return
        received = f"{str(self.path)!r} with {data.name!r} ({'; '.join(different)})"
        if not changed:
            raise ValueError(
                f"a run keeps the images and splits it was trained with ({remedy}). "
                f"Received: {received}"
            )
        logging.warning("Other images than in training: %s.", received)

    def open(
        self,
        config: RunConfig,
        image_shape,
        levels: int,
        num_classes: int = 0,
        data: ImageData | None = None,
    ) -> None:
        """Records the configuration of a run, if it is a new one.

        With its `data`, what tells these from others is recorded too.

        Raises:
          ValueError: If the run found here was started with other images or, if it
            uses labels, with other classes.
        """
        found = self.read()
        if found is not None:
            self._check_shape(found, image_shape, levels)
            if config.needs_labels and found["num_classes"] != num_classes:
                raise ValueError(
                    "a run that uses labels is resumed with the classes it was started "
                    f"with. Received: {str(self.path)!r} with num_classes "
                    f"{found['num_classes']} -> {num_classes}"
                )
            return
        self.path.mkdir(parents=True, exist_ok=True)
        record = {
            "format": RUN_FORMAT,
            "config": config.to_flat(),
            "image_shape": list(image_shape),
            "levels": levels,
            "num_classes": num_classes,
            **_of_data(data),
            "packages": package_versions(),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        }
        self._write(record, config)

    def go_on(self, config: RunConfig, step: int) -> None:
        """Notes that the run goes on from a step, once that is certain.

        Lines of `scalars.jsonl` and `hours.jsonl` of later steps are dropped. Where the
        configuration has more steps than the run's, the record has them from now on,
        and under `extended` the step and both numbers.

        Args:
          config: The configuration.
          step: The step.
        """
        for records in (self.scalars, self.hours):
            truncate_after(records, step)
        record = self.read()
        steps = record["config"].training.num_steps, config.training.num_steps
        if steps[0] != steps[1]:
            extended = [*record.get("extended", ()), [step, *steps]]
            more = {"config": config.to_flat(), "extended": extended}
            self._write(record | more, config)

    def _write(self, record, config):
        # The configuration, which makes this a run, comes last and whole: a process
        # killed before leaves a directory that still counts as empty.
        (self.path / "resolved.flags").write_text(flagfile(config))
        content = json.dumps(record, indent=1) + "\n"
        replace_file(self.config_path, content.encode())

    def _check_shape(self, record, image_shape, levels):
        old = (tuple(record["image_shape"]), record["levels"])
        new = (tuple(image_shape), levels)
        if old != new:
            raise ValueError(
                "a run keeps the shape and levels of the images it was started with. "
                f"Received: {str(self.path)!r} with {old} -> {new}"
            )


def _of_data(data):
    if data is None:
        return {}
    return {"class_names": list(data.class_names), "images": data.identity}


def flagfile(config: RunConfig) -> str:
    """Returns a configuration as a flagfile that resolves to the same one."""
    lines = []
    for name, value in config.to_flat().items():
        if isinstance(value, bool):
            lines.append(f"--{name}={str(value).lower()}")
        elif isinstance(value, list):
            lines.append(f"--{name}={','.join(map(str, value))}")
        else:
            lines.append(f"--{name}={value}")
    return "\n".join(lines) + "\n"
