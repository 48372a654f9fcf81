import json

import pytest

from ade_tf.runs import RunDirectory, flagfile
from tests.helpers.binaries import contents
from tests.helpers.models import tiny_config


@pytest.fixture
def run(tmp_path):
    run = RunDirectory(tmp_path / "run")
    run.open(tiny_config("vae"), (8, 8, 1), 17)
    return run


def test_records_the_run(run):
    config = tiny_config("vae")
    record = RunDirectory(run.path).read()
    assert record["config"] == config
    assert (record["image_shape"], record["levels"]) == ([8, 8, 1], 17)
    assert record["packages"]["tensorflow"]
    assert (run.path / "resolved.flags").read_text() == flagfile(config)


def test_opening_again_changes_nothing(run):
    before = contents(run.path)
    run.check(tiny_config("vae", checkpoint_every=9))
    run.open(tiny_config("vae", checkpoint_every=9), (8, 8, 1), 17)
    assert contents(run.path) == before


@pytest.mark.parametrize(("shape", "levels"), [((12, 8, 1), 17), ((8, 8, 1), 256)])
def test_other_images_are_refused(run, shape, levels):
    before = contents(run.path)
    with pytest.raises(ValueError, match=r"shape and levels.*\(8, 8, 1\), 17"):
        run.open(tiny_config("vae"), shape, levels)
    assert contents(run.path) == before


def test_a_run_of_before_there_were_conditions_has_no_classes(run):
    record = json.loads(run.config_path.read_text())
    del record["num_classes"], record["config"]["conditional"]
    run.config_path.write_text(json.dumps(record))
    found = run.read()
    assert found["num_classes"] == 0 and not found["config"].model.conditional
    run.check(tiny_config("vae"))
    run.open(tiny_config("vae"), (8, 8, 1), 17, num_classes=10)


def test_a_conditional_run_keeps_its_classes(tmp_path):
    run, config = RunDirectory(tmp_path / "run"), tiny_config("vae", conditional=True)
    run.open(config, (8, 8, 1), 17, num_classes=10)
    assert run.read()["num_classes"] == 10
    run.open(config, (8, 8, 1), 17, num_classes=10)
    with pytest.raises(ValueError, match="started with. Received: .* 10 -> 9"):
        run.open(config, (8, 8, 1), 17, num_classes=9)


@pytest.mark.parametrize("name", ["resolved.flags", ".config.json.x1y2"])
def test_what_a_kill_left_before_there_was_a_run_is_no_obstacle(tmp_path, name):
    (tmp_path / name).write_text("half")
    run = RunDirectory(tmp_path)
    assert run.read() is None
    run.open(tiny_config("vae"), (8, 8, 1), 17)
    assert contents(tmp_path).keys() == {"resolved.flags", "config.json", name}
    assert RunDirectory(tmp_path).read()["levels"] == 17
