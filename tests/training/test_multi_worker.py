import json
import os
import pathlib
import socket
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

ROOT = pathlib.Path(__file__).parents[2]
FLAGS = """--flow_steps=1 --coupling_width=8 --width=8 --latent_size=4 --batch_size=8
--discriminator_width=8 --num_steps=3 --sample_every=0 --validation_images=8
--coupling_dropout=0.3 --clip_norm=0.5 --learning_rate=1e-4""".split()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(run_dir, strategy, environment):
    command = [sys.executable, "-m", "experiments.train", f"--run_dir={run_dir}"]
    return subprocess.Popen(
        [*command, f"--strategy={strategy}", *FLAGS],
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def weights(run_dir):
    reader = tf.train.load_checkpoint(str(run_dir / "checkpoints" / "step-3"))
    names = reader.get_variable_to_shape_map()
    return {
        name: reader.get_tensor(name)
        for name in names
        if reader.get_variable_to_dtype_map()[name].is_floating
    }


@pytest.mark.long
def test_two_workers_do_what_one_process_does(tmp_path):
    ports = [free_port(), free_port()]
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    workers = []
    for index in range(2):
        task = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        environment = {"TF_CONFIG": json.dumps(task)}
        workers.append(start(tmp_path / "two", "multi_worker", environment))
    assert [worker.wait(timeout=600) for worker in workers] == [0, 0]
    assert start(tmp_path / "one", "single", {}).wait(timeout=600) == 0
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    copy = weights(tmp_path / "two.worker-1")
    assert one.keys() == two.keys() == copy.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(two[name], copy[name], err_msg=name)
        np.testing.assert_allclose(value, two[name], atol=1e-5, err_msg=name)
