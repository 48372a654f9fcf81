"""Pictures and arrays drawn from a trained run, by mode."""

from ade_tf.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "codes": ("interpolate", "traverse"),
        "options": ("MODES", "PictureOptions", "TranslationOptions"),
        "translations": ("translate_images",),
        "writing": ("draw",),
    },
)
