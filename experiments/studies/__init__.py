"""Studies: many runs, trained and measured alike, in one table or picture."""

from experiments.studies.ablation import ablation_study
from experiments.studies.adversaries import adversary_study
from experiments.studies.toy import toy_study, toy_table

__all__ = ["ablation_study", "adversary_study", "toy_study", "toy_table"]
