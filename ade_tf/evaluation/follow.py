"""A run scored while it is trained, checkpoint by checkpoint."""

import dataclasses
import hashlib
import json
import time

from absl import logging

from ade_tf.drawing.charts import COLOURS
from ade_tf.drawing.curves import Curve, curves_png, points_of
from ade_tf.evaluation.evaluate import open_evaluation, records_file, score_all
from ade_tf.evaluation.follow_options import FollowOptions
from ade_tf.evaluation.metric import METRICS, OUTPUTS
from ade_tf.files import replace_file
from ade_tf.lock import locked
from ade_tf.models import use_averaged_weights
from ade_tf.runs import Checkpointer, RunDirectory, checkpoint_steps
from ade_tf.runs.records import append_record, read_records

__all__ = ["follow_run"]

_ORIGIN = "follow"
_PAUSE_SECONDS = 2.0
# Options that change no score.
_FREE = {"metrics", "splits", "follow", "follow_minutes", "best_by", "out"}
_FREE |= {"per_image", "dataset", "data_dir", "changed_data", "cache_dir"}
_FREE |= {"strategy", "batch_size", "first", "num_images"}
_RULE = "a run is followed by one process at a time"


def follow_run(run_dir, options: FollowOptions) -> None:
    """Scores each checkpoint of a run as it appears, until the run's last step.

    With `follow_minutes` it also ends where no checkpoint appears for so long.

    Records are as of `evaluate_run`, and say `origin: follow`, the `hours` of training
    and, in a hash, the `options`. A checkpoint whose scores by the same options stand
    there already is not scored again, one that training has removed before its turn is
    passed over, and a score that cannot be computed is left out. After
    each checkpoint the curves of all scores are drawn anew in the run's directory
    `followed`, where the best weights by `best_by` are kept, too.

    Args:
      run_dir: Directory of the run.
      options: The choices.

    Raises:
      ValueError, OSError: As `evaluate_run` does; or if another process follows.
    """
    run, out = RunDirectory(run_dir), records_file(run_dir, options)
    minutes = options.follow_minutes
    if not _wait_for(lambda: checkpoint_steps(run.checkpoints), run, minutes):
        return
    run.followed.mkdir(exist_ok=True)
    with locked(run.followed, _RULE):
        evaluation, names, left_out = open_evaluation(run_dir, options)
        if options.best_by and OUTPUTS[options.best_by][0].name not in names:
            raise ValueError(
                "best_by must be a score that can be computed. "
                f"Received: best_by={options.best_by!r}"
            )
        if left_out:
            append_record(out, {"left_out": left_out, **evaluation.origin})
        follower = _Follower(run, out, evaluation, names)
        while not follower.finished():
            step = _wait_for(follower.next_step, run, minutes)
            if step is None:
                return
            follower.score(step)


def _wait_for(find, run, minutes):
    """Returns what there is to find, once there is; None if not for so many minutes."""
    began = None
    while not (found := find()):
        if began is None:
            began = time.monotonic()
            print(f"Waiting for a checkpoint of {run.path} ...", flush=True)
        elif minutes and time.monotonic() - began >= 60.0 * minutes:
            print(f"None for {minutes:g} minutes: following ends.", flush=True)
            return None
        time.sleep(_PAUSE_SECONDS)
    return found


class _Follower:
    """What was scored of a run, and the next.

    Args:
      run: The `RunDirectory`.
      out: File of the records.
      evaluation: The `Evaluation`, whose weights change from checkpoint to checkpoint.
      names: The metrics.
    """

    def __init__(self, run, out, evaluation, names):
        self._run, self._out = run, out
        self._evaluation, self._names = evaluation, names
        self._options = options = evaluation.options
        fields = dataclasses.asdict(options).items()
        scored_by = {name: value for name, value in fields if name not in _FREE}
        content = json.dumps(scored_by, sort_keys=True).encode()
        self._digest = hashlib.sha256(content).hexdigest()[:12]
        self._source = Checkpointer(evaluation.model, run.checkpoints)
        self._kept = Checkpointer(evaluation.model, run.followed)
        wanted = {
            (output.key, split)
            for name in names
            for split in options.splits_of(METRICS[name])
            for output in METRICS[name].outputs
        }
        found = {}
        for record in self._records():
            key = record["metric"], record["split"]
            found.setdefault(record["step"], set()).add(key)
        self._done = {step for step, keys in found.items() if wanted <= keys}

    def finished(self) -> bool:
        """Whether the checkpoint of the last step is done."""
        num_steps = self._run.read()["config"].training.num_steps
        return max(self._done, default=0) >= num_steps

    def next_step(self) -> int | None:
        """Returns the oldest step that is to be scored, if there is one."""
        return next((s for s in self._source.steps() if s not in self._done), None)

    def score(self, step) -> None:
        """Scores the checkpoint of a step and draws the curves of all."""
        self._done.add(step)
        try:
            self._source.restore_step(step)
        except ValueError as error:
            # Training removes older ones only.
            if step >= max(self._source.steps(), default=0):
                raise
            logging.warning("%s; passing over step %d.", error, step)
            return
        if self._options.weights == "averaged":
            use_averaged_weights(self._evaluation.model)
        self._evaluation.take_step(step)
        more = {"origin": _ORIGIN, "options": self._digest}
        if step in (hours := self._hours()):
            more["hours"] = hours[step]
        failed = {}
        found = score_all(self._evaluation, self._names, failed, self._out, **more)
        if failed:
            origin = self._evaluation.origin
            append_record(self._out, {"left_out": failed, **origin, **more})
        if self._options.best_by:
            self._keep_best(step, found)
        self._draw()

    def _keep_best(self, step, found):
        """Keeps the weights of a step if they are better than those that are kept."""
        key = self._options.best_by
        metric, output = OUTPUTS[key]
        split = self._options.splits_of(metric)[0]

        def value(records):
            values = (r["value"] for r in records if _is(r, key, split))
            return next(values, None)

        kept = self._kept.steps("best")
        former = [r for r in self._records() if kept and r["step"] == kept[-1]]
        new, old = value(found), value(former)
        if (
            new is None
            or old is not None
            and (new >= old if output.better == "lower" else new <= old)
        ):
            return
        self._kept.save_best(step)
        print(f"best so far  step {step}, by {key} of {split}", flush=True)

    def _records(self):
        """Returns the scores of checkpoints by the same options."""
        return [
            record
            for record in read_records(self._out, missing_ok=True)
            if record.get("options") == self._digest and "value" in record
        ]

    def _hours(self):
        lines = read_records(self._run.hours, missing_ok=True)
        return {line["step"]: line["hours"] for line in lines}

    def _draw(self):
        """Draws a panel for each score, over the steps and over the hours."""
        by_step = {record["step"]: {} for record in self._records()}
        for record in self._records():
            values = by_step[record["step"]]
            values[record["metric"], record["split"]] = record["value"]
            values["hours"] = record.get("hours")
        records = [{"step": step, **by_step[step]} for step in sorted(by_step)]
        keys = [key for record in records for key in record if isinstance(key, tuple)]
        for along in ("step", "hours"):
            placed = [
                record | {"step": record[along]}
                for record in records
                if record[along] is not None
            ]
            if placed:
                content = curves_png(_panels(placed, dict.fromkeys(keys)), along=along)
                replace_file(self._run.followed / f"by_{along}.png", content)


def _panels(records, keys):
    """Returns title -> unit and curves, one for each split."""
    panels = {}
    for metric, split in keys:
        label = OUTPUTS[metric][1].label
        _, curves = panels.setdefault(label, (label, []))
        points = points_of(records, (metric, split))
        curves.append(Curve(split, *points, COLOURS[len(curves) % len(COLOURS)], True))
    return panels


def _is(record, key, split):
    return (record["metric"], record["split"]) == (key, split)
