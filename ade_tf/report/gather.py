"""What is written down about runs."""

import dataclasses
import json
import pathlib

from ade_tf.config import PRESETS, RunConfig
from ade_tf.evaluation.metric import renamed
from ade_tf.runs import RunDirectory
from ade_tf.runs.records import read_records

__all__ = ["RunFacts", "gather", "identity", "latest"]

# What makes two records the same measurement, made again. The step is none of it: a
# later evaluation of a run that went on takes the place of the earlier one.
_IDENTITY = (
    "metric",
    "name",
    "split",
    "protocol",
    "seed",
    "dataset",
    "num_examples",
    "num_reference",
    "importance_samples",
    "temperature",
    "noise",
    "extractor",
    "weights",
    "against",
    "group_size",
)

_NEEDED = {"format", "config", "image_shape", "levels", "packages", "machine"}
_SHOWN = {"dataset", "num_steps", "preset"}


@dataclasses.dataclass(frozen=True, eq=False)
class RunFacts:
    """A run as its directory describes it.

    Attributes:
      tag: Its short name on the page: R1, R2, ...
      name: The name of its directory, or its path where two have the same.
      path: Its directory, as given.
      settings: `name -> value` of its configuration, as recorded.
      config: The same as this version reads it; None if it does not know a setting.
      flagfile: The text of its `resolved.flags`; empty if there is none.
      image_shape: Height, width and channels.
      levels: Grey levels; 0 for continuous data.
      packages: `package -> version` it was started with.
      machine: What it was started on.
      scalars: Records of training, by step; empty if there are none.
      records: The latest record of each measurement; empty if there are none.
    """

    tag: str
    name: str
    path: pathlib.Path
    settings: dict
    config: RunConfig | None
    flagfile: str
    image_shape: tuple[int, int, int]
    levels: int
    packages: dict
    machine: str
    scalars: list[dict]
    records: list[dict]

    @property
    def step(self) -> int:
        """The last step that was recorded, 0 before the first."""
        return self.scalars[-1]["step"] if self.scalars else 0

    @property
    def came(self) -> str:
        """How far it is, in words."""
        return f"{self.step:,} of {self.settings['num_steps']:,} steps"

    @property
    def images(self) -> str:
        """Its data, in words."""
        shape = "x".join(map(str, self.image_shape))
        levels = f"{self.levels} levels" if self.levels else "continuous"
        return f"{self.settings['dataset']}, {shape}, {levels}"

    @property
    def summary(self) -> str:
        """What its preset is; empty if this version does not know it."""
        preset = self.settings["preset"]
        return PRESETS[preset].summary if preset in PRESETS else ""

    @property
    def finished(self) -> bool:
        """Whether all steps of the configuration are done."""
        return self.step >= self.settings["num_steps"]


def gather(run_dirs) -> list[RunFacts]:
    """Reads what is written down about runs.

    Args:
      run_dirs: Directories of runs, each once.

    Raises:
      ValueError: If there are none, one is given twice or is no run, or a file of
        records is damaged.
    """
    paths = [pathlib.Path(run_dir) for run_dir in run_dirs]
    if not paths:
        raise ValueError("run_dirs must name at least one run. Received: none")
    places = [path.resolve() for path in paths]
    for path, place in zip(paths, places, strict=True):
        if places.count(place) > 1:
            raise ValueError(
                f"run_dirs must name each run once. Received: {str(path)!r} twice"
            )
    names = [place.name for place in places]
    return [
        _facts(f"R{number}", str(path) if names.count(name) > 1 else name, path)
        for number, (path, name) in enumerate(zip(paths, names, strict=True), 1)
    ]


def identity(record: dict) -> str:
    """Returns what tells a measurement from others: metric, split, protocol, ..."""
    return json.dumps([record.get(key) for key in _IDENTITY], sort_keys=True)


def latest(records: list[dict]) -> list[dict]:
    """Returns the last record of each measurement, in the order of their first."""
    return list({identity(record): record for record in records}.values())


def _facts(tag, name, path):
    directory = RunDirectory(path)
    record = _recorded(directory)
    flagfile = path / "resolved.flags"
    return RunFacts(
        tag=tag,
        name=name,
        path=path,
        settings=record["config"],
        config=_understood(record["config"]),
        flagfile=flagfile.read_text() if flagfile.exists() else "",
        image_shape=tuple(record["image_shape"]),
        levels=record["levels"],
        packages=record["packages"],
        machine=record["machine"],
        scalars=read_records(directory.scalars, missing_ok=True),
        records=latest(
            [
                renamed(record)
                for record in read_records(directory.metrics, missing_ok=True)
                # Others say what was left out.
                if "value" in record
            ]
        ),
    )


def _recorded(directory):
    """Returns a run's config.json, also of a version with other settings."""
    try:
        record = json.loads(directory.config_path.read_bytes())
        if _NEEDED <= set(record) and _SHOWN <= set(record["config"]):
            return record
    except (FileNotFoundError, TypeError, ValueError):
        pass
    raise ValueError(
        f"run_dirs must be directories of runs. Received: {str(directory.path)!r}"
    )


def _understood(settings):
    try:
        return RunConfig.from_stored(settings)
    except (TypeError, ValueError):
        return None
