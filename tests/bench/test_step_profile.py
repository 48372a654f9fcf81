"""Where the operations of a training step are counted."""

import collections

import pytest

from experiments.bench import BenchmarkOptions, benchmark
from experiments.bench.model_calls import model_calls
from experiments.bench.step_profile import part_of
from tests.helpers.models import batch, tiny_config, tiny_model

NETWORKS = ("discriminator", "encoder", "decoder", "f^-1", "f")


def products(**settings):
    """Counts convolutions and matrix products of a training step by part."""
    # Numbers follow the names of a process's second model.
    tiny_model("av_ade", **settings)
    model = tiny_model("av_ade", **settings)
    call = model_calls(model, batch()["image"])["train"]
    graph = call.function.get_concrete_function(*call.arguments).graph
    ops = graph.get_operations()
    return collections.Counter(
        part_of(op.name) for op in ops if "Conv2D" in op.type or op.type == "MatMul"
    )


def test_products_belong_to_the_networks():
    plain = products(flow_steps=(2,))
    assert set(plain) == set(NETWORKS)
    again = products(flow_steps=(2,), recompute_features=True)
    # What is computed once more is f's, both ways.
    assert set(again) == set(NETWORKS)
    for part in NETWORKS[:3]:
        assert again[part] == plain[part]
    for part in NETWORKS[3:]:
        assert again[part] > plain[part]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("cond/else/Adam/ResourceApplyAdam", "optimizer"),
        ("cond_1/Identity", "optimizer"),
        ("average_1/concat", "optimizer"),
        ("conditioner_1/conv/Conv2D", "losses, noise, others"),
        ("gradient_tape/vector_encoder_1_1/dense/MatMul", "encoder"),
    ],
)
def test_names(name, part):
    assert part_of(name) == part


def test_a_compiled_step_has_no_profile(tmp_path):
    options = BenchmarkOptions(out=str(tmp_path / "report.json"), profile=True)
    with pytest.raises(ValueError, match="not compiled by XLA.*Received: profile=True"):
        benchmark(tiny_config("vae", jit_compile=True), options)
