"""A picture of power series of log-dets: their bias, and their error against cost."""

import numpy as np
from matplotlib.figure import Figure

from ade_tf.drawing.charts import COLOURS, dress, figure_png, house_style

__all__ = ["log_dets_png"]


@house_style()
def log_dets_png(bias, estimates) -> bytes:
    """Returns the bias of series that are cut off, and the error of estimates.

    Args:
      bias: Bound on the Lipschitz constant -> bias of 1, 2, ... terms, nats an image.
      estimates: Dicts with `roulette`, `products_in_batch`, `error`, `standard_error`
        and `standard_deviation`.
    """
    figure = Figure(figsize=(11.5, 4.4), dpi=110, layout="constrained")
    left, right = figure.subplots(1, 2)
    dress(left, "Bias of a series that is cut off")
    for (bound, values), colour in zip(bias.items(), COLOURS, strict=False):
        size = np.abs(values)
        # Below this, rounding is what is left.
        seen = size > 1e-5
        terms = np.arange(1, len(size) + 1)[seen]
        style = {"color": colour, "marker": "o", "markersize": 3}
        left.plot(terms, size[seen], label=f"{bound:g}", **style)
    left.set_yscale("log")
    left.set_xlabel("terms")
    left.set_ylabel("|bias|, nats an image")
    left.legend(frameon=False, fontsize=9, title="Lipschitz bound")
    dress(right, "Error of an estimate against its cost")
    for roulette, colour in ((False, COLOURS[0]), (True, COLOURS[1])):
        own = [each for each in estimates if each["roulette"] == roulette]
        products = [each["products_in_batch"] for each in own]
        name = "random" if roulette else "cut off"
        mean, error, spread = (
            [each[key] for each in own]
            for key in ("error", "standard_error", "standard_deviation")
        )
        style = {"color": colour, "marker": "o", "markersize": 4, "capsize": 3}
        right.errorbar(products, mean, error, label=f"{name}: mean", **style)
        style = {"color": colour, "linestyle": "--"}
        right.plot(products, spread, label=f"{name}: s.d. of a draw", **style)
    # Linear where the mean errors without bias are.
    right.set_yscale("symlog", linthresh=0.1)
    right.set_xlabel("products with J, of each image in a batch")
    right.set_ylabel("error, nats an image")
    right.legend(frameon=False, fontsize=9)
    return figure_png(figure)
