"""The bounds of a model whose second modality is the label."""

from ade_tf.objectives.bounds import EvidenceBound

__all__ = ["MultimodalBound"]


class MultimodalBound(EvidenceBound):
    """The sum of the bounds on images with labels, on images, and on labels.

        both:   E_q(z | x, c) [-ln p(x | z) - w ln p(c | z)] + KL(q(z | x, c) || p(z))
        image:  E_q(z | x) [-ln p(x | z)] + KL(q(z | x) || p(z))
        label:  E_q(z | c) [-w ln p(c | z)] + KL(q(z | c) || p(z))

    (MVAE, arXiv 1802.05335, section 2.2: with two modalities, the sub-sampled bounds
    are all there are.) The sum trains q given any part of the evidence. At w = 1 they
    bound -ln p(x, c), -ln p(x) and -ln p(c). Without its label, an image has its own
    bound twice, and the third is 0.

    Args:
      label_weight: w.
      **settings: As of `EvidenceBound`.
    """

    def __init__(self, label_weight: float = 1.0, **settings):
        super().__init__(**settings)
        self._label_weight = label_weight

    def __call__(self, terms_of, batch, draws, **keywords):
        """Returns the sum, and the terms of the bound on both; see `EvidenceBound`.

        `terms_of` takes a batch whose images or labels are None, too.
        """
        evidence = {
            "both": batch,
            "image": batch._replace(labels=None),
            "label": batch._replace(images=None),
        }
        bound, loss, found = super().__call__, 0.0, {}
        for name, part in evidence.items():
            own = draws.of_their_own(name)
            weighted = dict(keywords, label=self._label_weight)
            part_loss, found[name] = bound(terms_of, part, own, **weighted)
            loss += part_loss
        return loss, found["both"]
