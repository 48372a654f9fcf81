import dataclasses

import pytest

from ade_tf.evaluation import ComparisonOptions, EvaluationOptions

REFUSED = {
    "metric": (dict(metrics=("beauty",)), "among bits_per_dim.*Received: 'beauty'"),
    "former name": (
        dict(metrics=("reconstruction_error",)),
        r"Received: 'reconstruction_error' \(now called inversion_error\)",
    ),
    "no metric": (dict(metrics=()), "among bits_per_dim"),
    "all and more": (dict(metrics=("all", "bits_per_dim")), "`all` alone"),
    "split": (dict(splits=("test", "all")), "train, validation, test.*'all'"),
    "protocol": (dict(protocol="fid"), "'ade_paper', 'modern_50k', 'desk'.*'fid'"),
    "extractor": (
        dict(extractor="vgg"),
        "'classifier', 'inception', 'pixels', 'random', 'savedmodel'.*'vgg'",
    ),
    "k": (dict(importance_samples=0), "`importance_samples` must be at least 1"),
    "repetitions": (dict(repetitions=0), "`repetitions` must be at least 1"),
    "samples": (dict(num_samples=0), "`num_samples` must be at least 1"),
    "temperature": (dict(temperature=-1.0), "`temperature` must be at least 0"),
    "nan": (dict(temperature=float("nan")), "`temperature` must be finite"),
    "seed": (dict(seed=-1), "`seed` must be at least 0"),
    "file": (dict(per_image="x.csv"), "per_image must end in .npz"),
    "part of a distance": (
        dict(first=5, metrics=("frechet_distance",), out="a.jsonl"),
        "bits_per_dim alone.*metrics=frechet_distance",
    ),
    "part without a file": (dict(num_images=5), "a file for its record.*out=''"),
    "nothing for the file": (
        dict(per_image="x.npz", metrics=("active_units",)),
        "needs the metric bits_per_dim. Received: metrics=active_units",
    ),
}

CONTRADICTIONS = {
    "extractor": (dict(extractor="classifier"), "extractor=inception"),
    "num_samples": (dict(num_samples=5000), "num_samples=50000.*num_samples=5000"),
    "temperature": (dict(temperature=0.7), "temperature=1.0.*temperature=0.7"),
    "noise": (dict(noise=True), "noise=False.*noise=True"),
}


@pytest.mark.parametrize(("given", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_unknown_or_out_of_range_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        EvaluationOptions(**given)


@pytest.mark.parametrize("protocol", ["ade_paper", "modern_50k"])
@pytest.mark.parametrize(
    ("given", "message"), CONTRADICTIONS.values(), ids=CONTRADICTIONS
)
def test_what_contradicts_a_protocol_is_refused(protocol, given, message):
    with pytest.raises(ValueError, match=f"protocol `{protocol}` means {message}"):
        EvaluationOptions(protocol=protocol, **given)
    # The desk takes it.
    (name, value) = next(iter(given.items()))
    assert getattr(EvaluationOptions(**given), name) == value


def test_the_reference_of_a_protocol_must_be_among_the_splits():
    asked = dict(metrics=("frechet_distance",), protocol="modern_50k")
    with pytest.raises(ValueError, match="split must name train. Received: split=test"):
        EvaluationOptions(splits=("test",), **asked)
    assert EvaluationOptions(splits=("train", "test"), **asked).splits[0] == "train"
    # Likelihoods know nothing of it.
    EvaluationOptions(splits=("test",), protocol="modern_50k")


def test_what_is_left_open_is_filled_in():
    desk, paper = EvaluationOptions(), EvaluationOptions(protocol="ade_paper")
    chosen = ("extractor", "num_samples", "temperature", "noise", "splits")
    assert [getattr(desk, n) for n in chosen] == [
        *("classifier", 2000, 1.0, False, ("test",))
    ]
    assert [getattr(paper, n) for n in chosen[:4]] == ["inception", 50_000, 1.0, False]
    # Given outright, the protocol's own values are no contradiction.
    again = {n: getattr(paper, n) for n in chosen}
    assert EvaluationOptions(protocol="ade_paper", **again) == paper


def test_a_value_of_another_type_is_refused():
    with pytest.raises(TypeError, match="`seed` must be of type int. Received: '3'"):
        EvaluationOptions(seed="3")


def test_every_option_has_its_help():
    for options in (EvaluationOptions, ComparisonOptions):
        for field in dataclasses.fields(options):
            assert field.metadata["help"].endswith(".")
