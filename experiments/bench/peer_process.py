"""Models of other libraries, kept in a process of their own and run by turns."""

import contextlib
import functools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

__all__ = ["PEERS", "check_peer", "is_maf", "peer_calls"]

_SCRIPT = pathlib.Path(__file__).with_name("torch_flow.py")
_MODES = ("train", "log_prob", "sample")

# Name of a reference -> library and layout of its tensors.
PEERS = {
    "normflows": ("normflows", False),
    "normflows_channels_last": ("normflows", True),
    "nflows": ("nflows", False),
    "nflows_channels_last": ("nflows", True),
}


def is_maf(config) -> bool:
    """Returns whether a configuration's flow is compared as a MAF, not as a Glow."""
    return config["feature_map"] == "autoregressive"


def check_peer(name: str, config, python: str) -> None:
    """Checks that a peer can be run and that its model is that of a configuration.

    Args:
      name: Key of `PEERS`.
      config: A resolved configuration of a Glow that `DirectGlow.check` lets pass, or
        of a MAF.
      python: The interpreter of an environment with torch and the library.

    Raises:
      ValueError: If not.
    """
    library, _ = PEERS[name]
    steps, learned_prior = config["flow_steps"], config["learned_prior"]
    if not is_maf(config) and (len(set(steps)) > 1 or learned_prior):
        raise ValueError(
            f"{name} has equally many steps at every scale and no learned prior. "
            f"Received: flow_steps={steps}, learned_prior={learned_prior}"
        )
    if not shutil.which(python):
        raise ValueError(f"peer_python must be a program. Received: {python!r}")
    look = (
        "import importlib.util, sys\n"
        "sys.exit(None in map(importlib.util.find_spec, sys.argv[1:]))"
    )
    command = [*_isolated(python), "-c", look, "torch", library]
    try:
        found = subprocess.run(command, capture_output=True)
    except OSError as error:
        raise ValueError(
            f"peer_python must be a Python. Received: {python!r}, {error}"
        ) from None
    if found.returncode:
        raise ValueError(
            f"{name} needs torch and {library} in the environment of peer_python. "
            f"Received: peer_python={python!r}"
        )


@contextlib.contextmanager
def peer_calls(name: str, config, image_shape, python: str, threads: int):
    """Starts a peer; yields `mode -> function` of one step, and what the peer is.

    Its weights are its own. Each mode has a process, which waits for its turn without
    computing: one that has trained before keeps memory from the system that one which
    only scores asks for anew in each step, at twice the time.

    Args:
      name: Key of `PEERS`.
      config: A configuration that `check_peer` lets pass.
      image_shape: `(H, W, C)`.
      python: The interpreter of its environment.
      threads: Its threads, at least 1.

    Raises:
      ChildProcessError: If it ends or fails.
    """
    library, channels_last = PEERS[name]
    own, steps = "autoregressive", config["autoregressive_steps"]
    if not is_maf(config):
        own, steps = "coupling", list(config["flow_steps"])
    settings = {
        "library": library,
        "model": "maf" if is_maf(config) else "glow",
        "channels_last": channels_last,
        "image_shape": list(image_shape),
        "steps": steps,
        "width": config[f"{own}_width"],
        "blocks": config[f"{own}_blocks"],
        "batch_size": config.training.batch_size,
        "learning_rate": config.training.learning_rate,
        "threads": threads,
    }
    with contextlib.ExitStack() as stack:
        started = {
            mode: stack.enter_context(_started(name, settings, python, threads))
            for mode in _MODES
        }
        calls = {
            mode: functools.partial(run, mode) for mode, (run, _) in started.items()
        }
        yield calls, started["train"][1]


@contextlib.contextmanager
def _started(name, settings, python, threads):
    """Yields a function that runs a step of a mode, and what the peer is."""
    counts = {key: str(threads) for key in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    errors = tempfile.TemporaryFile("w+")
    process = subprocess.Popen(
        [*_isolated(python), str(_SCRIPT), json.dumps(settings)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        env={**os.environ, **counts},
    )

    def answer():
        line = process.stdout.readline()
        if not line:
            status = process.wait()
            errors.seek(0)
            raise ChildProcessError(
                f"{name} must run to the end of the benchmark. "
                f"Received: it ended with status {status}\n{errors.read()}"
            )
        return json.loads(line)

    def step(mode):
        # A peer that has ended has left its words, which `answer` finds.
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(f"{mode}\n")
            process.stdin.flush()
        answer()

    try:
        yield step, answer()
    finally:
        process.terminate()
        process.wait()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.stdout.close()
        errors.close()


def _isolated(python):
    # Or the modules beside the script, and those of this environment, would be found.
    return [python, "-I"]
