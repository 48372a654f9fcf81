"""The choices of those who score a run while it is trained."""

import dataclasses

from ade_tf.config.settings import setting
from ade_tf.evaluation.metric import OUTPUTS
from ade_tf.evaluation.options import EvaluationOptions

__all__ = ["FollowOptions"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class FollowOptions(EvaluationOptions):
    """What is measured of each checkpoint of a run.

    Raises:
      ValueError: If a value is unknown, out of range, or contradicts another.
    """

    follow: bool = setting(
        False,
        "Score each new checkpoint of the run as it appears, until the last one; the "
        "curves of the scores are drawn in the run's directory `followed`.",
    )
    follow_minutes: float = setting(
        0.0,
        "With --follow, minutes without a new checkpoint after which it ends, as of a "
        "run that is not resumed. 0: it waits.",
        minimum=0.0,
    )
    best_by: str = setting(
        "",
        "With --follow, score by which the best weights so far are kept, for "
        "--weights=best; of the first split; empty: none are.",
        choices=("", *(key for key, (_, output) in OUTPUTS.items() if output.better)),
    )

    def __post_init__(self):
        super().__post_init__()
        for name in ("best_by", "follow_minutes"):
            if getattr(self, name) and not self.follow:
                raise ValueError(
                    f"{name} needs follow. Received: {name}={getattr(self, name)!r}"
                )
        for name, refused in (
            ("per_image", bool(self.per_image)),
            ("weights", self.weights == "best"),
            ("first", self.first > 0),
            ("num_images", self.num_images is not None),
        ):
            if self.follow and refused:
                raise ValueError(
                    f"follow scores each checkpoint whole and takes no such {name}. "
                    f"Received: {name}={getattr(self, name)!r}"
                )
        metric = self.best_by and OUTPUTS[self.best_by][0].name
        if metric and metric not in self.metrics and not self.everything:
            raise ValueError(
                "best_by must be a score of the metrics asked for. Received: "
                f"best_by={self.best_by!r}, metrics={','.join(self.metrics)}"
            )
