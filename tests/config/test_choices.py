"""Every setting of every choice acts with it, and is refused without."""

import pytest

from ade_tf.config import PRESETS, Choice, RunConfig, missing
from ade_tf.config.settings import settings_of
from ade_tf.models import build_model
from tests.helpers.models import tiny_config

SETTINGS = RunConfig.settings()
TABLES = {
    name: field.metadata["table"]
    for name, (field, _) in SETTINGS.items()
    if field.metadata["table"]
}
# Slot, choice and setting.
OWNED = [
    (slot, choice, name)
    for slot, table in TABLES.items()
    for choice, line in table.items()
    for name in (settings_of(line.settings) if line.settings else ())
]
NEEDS = {
    name: field.metadata["needs"]
    for name, (field, _) in SETTINGS.items()
    # Of one choice there is no other to be refused.
    if field.metadata["needs"] and len(field.metadata["choices"] or "any") > 1
}
# What is not the maker's own, but that of the game it stands in.
OF_GAMES = ("penalty_weight", "penalty_every", "label_smoothing")


def without_z(name):
    return SETTINGS[name][0].metadata["needs"] == ("no z",)


def made_together():
    """Returns slots, choices and those of their settings that one model takes."""
    found = {}
    for slot, choice, name in OWNED:
        if name not in OF_GAMES:
            found.setdefault((slot, choice, without_z(name)), []).append(name)
    return [(slot, choice, names) for (slot, choice, _), names in found.items()]


def another(name):
    """Returns a value of a setting that is not its default."""
    field, _ = SETTINGS[name]
    default, metadata = field.default, field.metadata
    if metadata["choices"] and isinstance(default, tuple):
        return (next(c for c in metadata["choices"] if c not in default),)
    if metadata["choices"]:
        return next(c for c in metadata["choices"] if c not in ("", default))
    if isinstance(default, bool):
        return not default
    if isinstance(default, str):
        return "somewhere"
    if isinstance(default, tuple):
        return (default[0] + 1,)
    if isinstance(default, int):
        return default + 2
    highest = metadata["maximum"]
    return default + (0.25 if highest is None or default + 0.25 <= highest else -0.25)


def with_choice(slot, choice, *names):
    """Returns settings with a choice, and other values of some of its settings."""
    preset = "flow" if without_z(names[0]) else "av_ade"
    chosen = {slot: choice}
    if slot == "pixel_output":
        chosen["decoder"] = "pixel_cnn"
    if chosen.get("decoder") in ("pixel_cnn", "recurrent"):
        preset = "vae"
    if chosen.get("decoder") == "recurrent":
        chosen["network"] = "mlp"
    if choice == "codes":
        preset, chosen["latent_size"] = "gan", 20
    if slot == "autoregressive_network":
        chosen["feature_map"] = "autoregressive"
    if slot == "bound":
        preset, chosen["conditional"] = "v_ade", choice == "semi_supervised"
    if slot == "log_det":
        chosen["feature_map"] = "residual"
    if chosen.get("feature_map") in ("autoregressive", "residual"):
        preset = "v_ade"
    others = {name: another(name) for name in names}
    return {"preset": preset, "batch_size": 20, **chosen, **others}


def keyword_of(name):
    return SETTINGS[name][0].metadata["keyword"] or name


@pytest.mark.parametrize(("slot", "choice", "name"), OWNED)
def test_a_setting_is_one_of_its_choice(slot, choice, name):
    config = tiny_config(**with_choice(slot, choice, name))
    assert config.of(slot)[keyword_of(name)] == config[name] == another(name)
    assert name in config.acting()


@pytest.mark.parametrize(("slot", "choice", "names"), made_together())
def test_settings_reach_what_their_choice_makes(slot, choice, names, monkeypatch):
    config, line = (
        tiny_config(**with_choice(slot, choice, *names)),
        TABLES[slot][choice],
    )
    made, call = [], Choice.__call__

    def recorded(self, *arguments, **keywords):
        if self is line:
            made.append(keywords)
        return call(self, *arguments, **keywords)

    if slot == "discriminator_batch":
        line = TABLES["discriminator"][config.model.discriminator]
    monkeypatch.setattr(Choice, "__call__", recorded)
    build_model(config, (8, 8, 3), 17, 10)
    expected = {keyword_of(name): another(name) for name in names}
    assert made and all(expected.items() <= keywords.items() for keywords in made)


@pytest.mark.parametrize(("slot", "choice", "name"), OWNED)
def test_a_setting_without_its_choice_is_refused(slot, choice, name):
    del choice
    refused = 0
    for preset in PRESETS:
        for other in TABLES[slot]:
            known = RunConfig.from_stored({"preset": preset})
            if slot in known.acting() and slot != "feature_map":
                try:
                    known = known.replace(**{slot: other})
                except ValueError:
                    # The preset has no use for this choice, or demands another.
                    continue
            if name in known.acting():
                continue
            flat = known.to_flat() | {name: another(name)}
            with pytest.raises(ValueError, match=f"^{name} needs .*{name}="):
                RunConfig.from_flat(flat)
            refused += 1
    assert refused


@pytest.mark.parametrize("name", NEEDS)
@pytest.mark.parametrize("preset", PRESETS)
def test_a_setting_that_the_preset_has_no_use_for_is_refused(name, preset):
    known = RunConfig.from_flat({"preset": preset})
    reason = missing(known, *NEEDS[name])
    if reason is None:
        return
    with pytest.raises(ValueError) as refused:
        RunConfig.from_flat({"preset": preset, name: another(name)})
    assert str(refused.value).startswith(f"{name} needs ")
    assert name not in known.acting()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"preset": "vae", "flow_steps": (3,)},
            r"flow_steps needs feature_map `real_nvp` or `glow`. "
            r"Received: feature_map='identity', flow_steps=\(3,\)$",
        ),
        (
            {"iaf_steps": 3},
            "iaf_steps needs posterior `iaf`. "
            "Received: posterior='gaussian', iaf_steps=3$",
        ),
        # What is wrong first is said: there is no flow to choose a coupling of.
        (
            {"preset": "vae", "coupling_width": 3},
            "coupling_width needs feature_map `real_nvp` or `glow`. Received: feature",
        ),
        ({"preset": "vae", "mixed_group": 4}, "mixed_group needs a preset with an adv"),
        ({"feature_map": "real_nvp", "mixing": "dense"}, "mixing needs .* `glow`. "),
    ],
)
def test_the_message_says_who_owns_a_setting(values, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        RunConfig.from_flat(values)


def test_a_shared_setting_needs_one_of_its_owners():
    for feature_map in ("glow", "real_nvp"):
        for coupling in ("additive", "affine", "spline"):
            given = dict(feature_map=feature_map, coupling=coupling)
            found = RunConfig.from_flat({**given, "log_scale_bound": 1.0})
            assert found.of("feature_map")["log_scale_bound"] == 1.0
            assert ("spline_bins" in found.of("feature_map")) == (coupling == "spline")


def test_a_stored_configuration_may_hold_what_cannot_act():
    usual = RunConfig.from_flat({"preset": "vae"})
    stored = usual.to_flat() | {"flow_steps": [8, 8], "coupling": "spline"}
    del stored["kl_weight"]
    assert RunConfig.from_stored(stored) == usual
    assert not usual.differences(RunConfig.from_stored(stored))


def test_another_choice_leaves_the_settings_of_the_old_one_behind():
    before = RunConfig.from_flat({"coupling": "spline", "spline_bins": 4, "width": 9})
    after = before.replace(coupling="affine")
    assert (after["spline_bins"], after["width"]) == (8, 9)
    with pytest.raises(ValueError, match="spline_bins needs"):
        before.replace(coupling="affine", spline_bins=4)


def test_the_generators_settings_are_those_of_its_choices():
    config = RunConfig.from_flat({})
    generator = config.part("generator")
    assert {"feature_map", "coupling", "flow_steps", "width"} <= generator.keys()
    others = {"iaf_steps", "posterior", "sigma", "mixed_group", "coupling_dropout"}
    assert not others & generator.keys()
    assert {"discriminator_width", "mixed_group"} <= config.part("discriminator").keys()
    posterior = {name for slot, _, name in OWNED if slot == "posterior"}
    assert config.part("posterior").keys() == {"posterior", *posterior}


@pytest.mark.parametrize(
    ("slot", "choice"), [(s, c) for s in TABLES for c in TABLES[s]]
)
def test_makers_are_there(slot, choice):
    TABLES[slot][choice].load()
