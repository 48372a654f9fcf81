"""Of all metrics, what cannot be computed is left out with its reason."""

import numpy as np
import pytest

from ade_tf.evaluation import EvaluationOptions, evaluate_run
from ade_tf.runs.records import read_records
from ade_tf.training import train
from tests.extractors.cases import save_model
from tests.helpers.models import digits, tiny_config

pytestmark = pytest.mark.usefixtures("eager")

FEATURES = {"frechet_distance", "kernel_distance", "precision_recall"}


def trained(tmp_path, num_test, labels=True):
    """A run on digits, of which there are few to test with."""
    data, arrays = digits(), {"levels": 17}
    for name, count in (("train", 100), ("validation", 30), ("test", num_test)):
        split = getattr(data, name)
        arrays[f"x_{name}"] = split.images[:count]
        if labels:
            arrays[f"y_{name}"] = split.labels[:count]
    np.savez(tmp_path / "few.npz", **arrays)
    dataset = f"npz:{tmp_path / 'few.npz'}"
    small = dict(network="mlp", coupling_network="mlp", flow_steps=(1,))
    config = tiny_config("v_ade", dataset=dataset, num_steps=2, **small)
    train(config, tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize("num_test", [12, 2, 1])
def test_few_test_images_are_scored_by_what_takes_few(tmp_path, num_test, capsys):
    run = trained(tmp_path, num_test)
    before = read_records(run / "metrics.jsonl")
    options = EvaluationOptions(
        metrics=("all",),
        extractor="savedmodel",
        extractor_path=str(save_model(tmp_path / "net")),
        cache_dir="",
        num_samples=40,
    )
    capsys.readouterr()
    records = evaluate_run(run, options)
    out = capsys.readouterr().out
    assert "bits_per_dim" in {record["metric"] for record in records}
    *added, last = read_records(run / "metrics.jsonl")[len(before) :]
    assert added == records
    left_out = {name.split(" ")[0]: why for name, why in last["left_out"].items()}
    assert FEATURES <= left_out.keys()
    for name, why in left_out.items():
        assert f"left out  {name}: {why}\n" in out
    rule = f"needs at least 20 reference images. Received: {num_test}"
    assert rule in left_out["frechet_distance"]


@pytest.mark.parametrize(
    ("extractor", "path", "labels"),
    [("savedmodel", "none", True), ("inception", "", True), ("classifier", "", False)],
)
def test_without_an_extractor_the_rest_is_scored(tmp_path, extractor, path, labels):
    run = trained(tmp_path, 30, labels)
    options = EvaluationOptions(
        metrics=("all",), extractor=extractor, extractor_path=path, cache_dir=""
    )
    metrics = {record["metric"] for record in evaluate_run(run, options)}
    assert "bits_per_dim" in metrics and not FEATURES & metrics
    # What is asked for by name is refused.
    by_name = EvaluationOptions(
        metrics=("frechet_distance",),
        extractor=extractor,
        extractor_path=path,
        cache_dir="",
    )
    with pytest.raises(ValueError, match="Received: "):
        evaluate_run(run, by_name)
