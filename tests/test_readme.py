"""The README's Python examples run as they stand there."""

import pathlib
import re

import numpy as np
import tensorflow as tf

from ade_tf.data import load_dataset

README = pathlib.Path(__file__).parents[1] / "README.md"


def examples():
    return re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


def test_bijectors_in_a_plain_training_loop_and_in_a_pipeline(capsys):
    loop, pipeline = examples()[:2]
    names = {}
    exec(loop, names)  # noqa: S102
    printed = capsys.readouterr().out
    uniform = 64 * np.log(17)
    assert float(printed.split()[0]) < 0.75 * uniform
    exec(pipeline, names)  # noqa: S102
    assert capsys.readouterr().out.strip() == "(64, 8, 8, 1)"
    batch = tf.cast(names["x"][:64], tf.float32)
    np.testing.assert_allclose(
        next(iter(names["features"])), names["feature_map"].inverse(batch), atol=1e-5
    )


def test_faded_digits(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(examples()[3], {})  # noqa: S102
    faded = load_dataset("npz:faded.npz").test.images
    assert faded.shape == (300, 8, 8, 1) and set(np.unique(faded)) == {0, 16}


def test_two_commands_come_first():
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(blocks) == 2
    assert all(block.count("\n") == 1 for block in blocks)
    assert "flags/digits_av_ade.flags" in blocks[0]
    assert "pytest" in blocks[1]
