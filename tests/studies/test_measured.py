"""Which records of a run count in the table of a study."""

from ade_tf.runs import RunDirectory
from ade_tf.runs.records import append_record
from experiments.studies.measured import _latest


def test_the_last_single_sample_bound_of_a_split_counts(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    bits = {"metric": "bits_per_dim", "split": "test"}
    for record in (
        {**bits, "value": 2.0, "importance_samples": 1},
        {**bits, "value": 2.1, "importance_samples": 1},
        {**bits, "value": 1.9, "importance_samples": 64},
        {**bits, "value": 1.7, "importance_samples": 1, "split": "train"},
        {"metric": "frechet_distance", "split": "test", "value": 8.0},
        {"left_out": {"memorisation": "needs ..."}, "step": 4},
    ):
        append_record(RunDirectory(tmp_path).metrics, record)
    found = _latest(tmp_path)
    assert {place: r["value"] for place, r in found.items()} == {
        ("bits_per_dim", "test"): 2.1,
        ("bits_per_dim", "train"): 1.7,
        ("frechet_distance", "test"): 8.0,
    }
