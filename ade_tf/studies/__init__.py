"""Studies: many runs, trained and measured alike, in one table or picture."""

from ade_tf.studies.ablation import ablation_study
from ade_tf.studies.adversaries import adversary_study
from ade_tf.studies.toy import toy_study, toy_table

__all__ = ["ablation_study", "adversary_study", "toy_study", "toy_table"]
