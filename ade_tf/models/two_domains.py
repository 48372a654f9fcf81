"""Models that translate between two domains of images, from unpaired examples."""

import dataclasses
import functools

import keras
import tensorflow as tf

from ade_tf.config import RunConfig, missing
from ade_tf.config.networks import PRECISIONS
from ade_tf.models.answers import quantize
from ade_tf.models.batch import DOMAINS, DomainBatch
from ade_tf.models.domains_on_arrays import DomainsOnArrays, check_names
from ade_tf.models.games import game_of
from ade_tf.models.latent_variable_model import LatentVariableModel
from ade_tf.models.trained_model import GENERATOR_PARTS, Term
from ade_tf.networks import Translator
from ade_tf.randomness import MeanDraws

__all__ = ["TwoDomainModel"]

_OF_A = ("feature_map", "dequantizer")
_OF_B = ("feature_map_b", "dequantizer_b")


@keras.saving.register_keras_serializable("ade_tf")
class TwoDomainModel(DomainsOnArrays):
    """A model of images of two domains, A and B, and of the way from one to the other.

        cyclegan (arXiv 1703.10593)     G_AB and G_BA are networks, translators
        alignflow (arXiv 1905.12892)    G_AB = f_B^-1 o f_A,  G_BA = f_A^-1 o f_B

    It is a model of A in all that it inherits, and `domain_b` is one of B. The flows of
    `alignflow` lead to one z ~ N(0, I), so that there is a likelihood in both domains
    and G_BA is the inverse of G_AB. A step's updates are those of its base class, with
    these games and terms:

        game            real side       fake side       trains
        a               images of A     G_BA(b)         translator_to_a, or both flows
        b               images of B     G_AB(a)         translator_to_b, or both flows

        term            of translators, beside L_Q of the games
        cycle           cycle_weight (|G_BA(G_AB(a)) - a| + |G_AB(G_BA(b)) - b|)
        identity        identity_weight cycle_weight (|G_BA(a) - a| + |G_AB(b) - b|)

        term            of flows
        likelihood      L_C of A, in nats per dimension
        b_likelihood    L_C of B

    |.| is the mean over the values of images in [-1, 1]. Translators see images in the
    middle of their levels, flows see them dequantised. `fit(x, y)` takes images of A
    and of B, arrays in any order and number, or a dataset of batches
    `{"image": ..., "image_b": ...}`.

    Args:
      config: The resolved configuration of a run, of a preset of two domains.
      image_shape: `(H, W, C)`, of both domains.
      levels: Grey levels of the images of both; 0 for continuous data.
      num_classes: Not used.

    Raises:
      ValueError: If the configuration does not fit the images.
    """

    needs = ("two domains",)
    generator_parts = (
        *GENERATOR_PARTS,
        *("feature_map_b", "dequantizer_b", "translator_to_a", "translator_to_b"),
    )

    def __init__(
        self, config: RunConfig, image_shape, levels: int, num_classes: int = 0
    ):
        super().__init__(config, image_shape, levels, num_classes)
        self.domain_b = LatentVariableModel(config, image_shape, levels)
        self.feature_map_b = self.domain_b.feature_map
        # So that images of A are at first hardly changed on their way to B.
        for b, a in zip(
            self.feature_map_b.variables, self.feature_map.variables, strict=True
        ):
            b.assign(a)
        self.dequantizer_b = self.domain_b.dequantizer
        self.discriminator_b = self.domain_b.discriminator
        self.translator_to_a = self.translator_to_b = None
        if not missing(config, "translators"):
            self.translator_to_a = self._translator()
            self.translator_to_b = self._translator()
        names = (*self.generator_parts[-4:], "discriminator_b")
        self.parts = dataclasses.replace(
            self.parts, **{name: getattr(self, name) for name in names}
        )
        self.games = tuple(
            game_of(
                self,
                name,
                discriminator,
                functools.partial(TwoDomainModel._real, to=to),
                functools.partial(TwoDomainModel._fake, to=to),
                trains=self._on_the_way(to),
            )
            for to, (name, discriminator) in enumerate(
                zip(DOMAINS, (self.discriminator, self.discriminator_b), strict=True)
            )
        )

    def _translator(self):
        model = self.config.model
        return Translator(
            self.image_shape,
            width=model.translator_width,
            blocks=model.translator_blocks,
            halvings=model.translator_halvings,
            bounded=self.levels > 0,
            position_maps=model.position_maps,
            dtype=PRECISIONS[model.precision],
        )

    def _on_the_way(self, to):
        """Returns the names of the parts that make images of a domain of the other."""
        if self.translator_to_a is None:
            return "feature_map", "feature_map_b"
        return (f"translator_to_{DOMAINS[to]}",)

    def domains(self) -> tuple[LatentVariableModel, ...]:
        """Returns the models of A and of B."""
        return self, self.domain_b

    def training_batch(self, data: dict[str, tf.Tensor]) -> DomainBatch:
        """Returns the batches of both domains of a step's data.

        Raises:
          ValueError: If it holds images of one domain only.
        """
        check_names(data)
        return DomainBatch(self.batch(data["image"]), self.batch(data["image_b"]))

    def likelihood_of_step(self) -> list[Term]:
        """Returns the terms of a step that are likelihoods."""
        if not self.trains_likelihood:
            return []
        return [
            Term("likelihood", functools.partial(self._likelihood_in, 0), _OF_A),
            Term("b_likelihood", functools.partial(self._likelihood_in, 1), _OF_B),
        ]

    def quality_of_step(self) -> list[Term]:
        """Returns the terms of a step that are of the games and of translators."""
        terms, objective = super().quality_of_step(), self.config.objective
        if self.translator_to_a is not None and objective.cycle_weight:
            parts = ("translator_to_a", "translator_to_b")
            terms.append(Term("cycle", self._cycle_loss, parts))
            if objective.identity_weight:
                terms.append(Term("identity", self._identity_loss, parts))
        return terms

    def _likelihood_in(self, place, batch, draws):
        loss, logs = self.likelihood_loss(batch[place], draws, self.domains()[place])
        return loss, {f"{'b_' * place}{name}": logs[name] for name in logs}

    def _to_be_carried(self, place, batch, draws):
        """Returns the images of a domain as they are translated, in [0, levels)."""
        if self.translator_to_a is not None:
            draws = MeanDraws(batch.count)
        return self.domains()[place].dequantize(batch[place], draws).value

    def _real(self, batch, draws, to):
        return (self.to_unit(self.domains()[to].dequantize(batch[to], draws).value),)

    def _fake(self, batch, draws, to):
        x = self.carry(self._to_be_carried(1 - to, batch, draws), to)
        return (self.to_unit(self.with_noise(x, draws)),)

    def _cycle_loss(self, batch, draws):
        """Returns the weighted errors of images that go and come back, and its logs."""
        given = [self._to_be_carried(place, batch, draws) for place in (0, 1)]
        back = [self.carry(self.carry(given[p], 1 - p), p) for p in (0, 1)]
        return self._errors("cycle", 1.0, given, back)

    def _identity_loss(self, batch, draws):
        """Returns the weighted errors of images that ought to stay, and its logs."""
        given = [self._to_be_carried(place, batch, draws) for place in (0, 1)]
        weight = self.config.objective.identity_weight
        kept = [self.carry(given[place], place) for place in (0, 1)]
        return self._errors("identity", weight, given, kept)

    def _errors(self, name, weight, given, found):
        errors = [
            tf.reduce_mean(tf.abs(self.to_unit(there) - self.to_unit(here)))
            for here, there in zip(given, found, strict=True)
        ]
        weight *= self.config.objective.cycle_weight
        logs = {f"{d}_{name}_error": e for d, e in zip(DOMAINS, errors, strict=True)}
        return weight * (errors[0] + errors[1]), logs

    def carry(self, x, to: int) -> tf.Tensor:
        """Returns images of one domain as ones of the other, neither quantised.

        Args:
          x: `[B, H, W, C]` in [0, levels).
          to: Place of the other domain in `DOMAINS`.
        """
        if self.translator_to_a is None:
            y, _ = self.domains()[1 - to].feature_map(x, None)
            return self.domains()[to].feature_map.forward_and_log_det(y)[0]
        translator = (self.translator_to_a, self.translator_to_b)[to]
        found = translator(self.to_unit(x))
        return found if self.levels == 0 else (found + 1.0) * (self.levels / 2.0)

    def translated(self, images, to: int) -> tf.Tensor:
        """Returns a batch of images, of any type, translated and quantised."""
        batch = self.batch(images)
        x = self.domains()[1 - to].dequantize(batch, MeanDraws(batch.count)).value
        return quantize(self.carry(x, to), self.levels)
