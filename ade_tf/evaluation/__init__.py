"""What a trained model is worth: scores as records that say how they were made."""

from ade_tf.evaluation.compare import ComparisonOptions, compare_images
from ade_tf.evaluation.context import Evaluation
from ade_tf.evaluation.evaluate import METRICS, evaluate_run
from ade_tf.evaluation.likelihood import evaluate_bits_per_dim
from ade_tf.evaluation.options import SPLITS, EvaluationOptions
from ade_tf.evaluation.protocols import PROTOCOLS, Protocol

__all__ = [
    "METRICS",
    "PROTOCOLS",
    "SPLITS",
    "ComparisonOptions",
    "Evaluation",
    "EvaluationOptions",
    "Protocol",
    "compare_images",
    "evaluate_bits_per_dim",
    "evaluate_run",
]
