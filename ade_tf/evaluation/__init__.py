"""What a trained model is worth: scores as records that say how they were made."""

from ade_tf.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "compare": ("compare_images",),
        "context": ("Evaluation",),
        "evaluate": ("evaluate_run",),
        "follow": ("follow_run",),
        "follow_options": ("FollowOptions",),
        "image_scores": ("ImageScores", "score_images"),
        "metric": ("METRICS", "SPLITS", "Metric", "Output"),
        "novelty": ("evaluate_novelty",),
        "options": (
            "ComparisonOptions",
            "EvaluationOptions",
            "NoveltyOptions",
            "ScoreOptions",
        ),
        "protocols": ("PROTOCOLS", "Protocol"),
    },
)
