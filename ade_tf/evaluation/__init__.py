"""What a trained model is worth: scores as records that say how they were made."""

from ade_tf.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "compare": ("compare_images",),
        "comparison_options": ("ComparisonOptions",),
        "context": ("Evaluation",),
        "evaluate": ("METRICS", "evaluate_run"),
        "likelihood": ("evaluate_bits_per_dim",),
        "options": ("EvaluationOptions", "SPLITS"),
        "protocols": ("PROTOCOLS", "Protocol"),
        "tables": ("describe_record", "records_table"),
    },
)
