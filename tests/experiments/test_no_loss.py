"""Nothing of an earlier run is lost; a finished one goes on where that is asked for."""

import json
import shutil

import pytest

from ade_tf.runs import RunDirectory
from tests.helpers.binaries import call, contents, saved_numbers
from tests.helpers.eager import eagerly


@pytest.fixture
def run(finished, tmp_path):
    """A copy of the finished run."""
    shutil.copytree(finished, tmp_path / "run")
    return tmp_path / "run"


def remove_scores(run):
    (run / "metrics.jsonl").unlink()


def remove_scalars(run):
    (run / "scalars.jsonl").unlink()


@pytest.mark.parametrize("more", [lambda run: None, remove_scores, remove_scalars])
def test_a_run_without_its_checkpoints_is_not_begun_anew(run, cheap, more):
    shutil.rmtree(run / "checkpoints")
    more(run)
    before = contents(run)
    ended = call("train", *cheap, f"--run_dir={run}")
    assert ended.status == 2
    assert "has checkpoints to go on from" in ended.err and str(run) in ended.err
    assert contents(run) == before


def test_a_run_killed_before_its_first_checkpoint_begins_anew(run, cheap, finished):
    shutil.rmtree(run / "checkpoints")
    remove_scores(run)
    lines = (run / "scalars.jsonl").read_text().splitlines(keepends=True)
    (run / "scalars.jsonl").write_text("".join(lines[:2]))
    ended = call("train", *cheap, f"--run_dir={run}")
    assert ended.status == 0, ended.err
    for name in ("scalars.jsonl", "metrics.jsonl"):
        assert (run / name).read_bytes() == (finished / name).read_bytes()
    assert saved_numbers(run, 6) == saved_numbers(finished, 6)


def test_records_stay_until_the_first_step_is_made(run, cheap, monkeypatch):
    for part in run.glob("checkpoints/step-6.*"):
        part.unlink()
    before = contents(run)

    def fail(*arguments, **keywords):
        raise ValueError("no step. Received: none")

    monkeypatch.setattr("ade_tf.models.fitting.stream_of_domains", fail)
    assert call("train", *cheap, f"--run_dir={run}").status == 2
    assert contents(run) == before


def test_a_finished_run_goes_on_with_more_steps(run, cheap, finished):
    more = [*cheap, "--num_steps=9", f"--run_dir={run}"]
    with eagerly():
        ended = call("train", *more)
    assert ended.status == 0, ended.err
    assert "Resuming from step 6 of" in ended.out
    assert "num_steps 6 -> 9" in ended.out
    record = RunDirectory(run).read()
    assert record["config"].training.num_steps == 9
    assert record["extended"] == [[6, 6, 9]]
    steps = [json.loads(line)["step"] for line in open(run / "scalars.jsonl")]
    assert steps == list(range(1, 10))
    scores = [json.loads(line)["step"] for line in open(run / "metrics.jsonl")]
    assert scores == [6, 9]
    pictures = [directory / "samples" / "final.png" for directory in (run, finished)]
    assert pictures[0].read_bytes() != pictures[1].read_bytes()
    # It is a run of 9 steps now.
    ended = call("train", *more)
    assert ended.status == 0 and "This run is finished (9 steps)." in ended.out
    ended = call("train", *cheap, f"--run_dir={run}")
    assert ended.status == 2 and "num_steps: 9 -> 6" in ended.err


def test_a_capped_run_goes_on_with_what_it_was_capped_at(tmp_path, cheap):
    file = tmp_path / "own.flags"
    lines = [flag for flag in cheap if not flag.startswith("--num_steps")]
    lines += ["--num_steps=400", "--warmup_steps=50", "--kl_warmup_steps=80"]
    file.write_text("\n".join(lines))
    run = tmp_path / "run"
    for steps, said in (
        (4, "capped: warmup_steps 50 -> 2"),
        (6, "kept: warmup_steps 2"),
    ):
        with eagerly():
            ended = call(
                *("train", f"--flagfile={file}", f"--run_dir={run}"),
                f"--num_steps={steps}",
            )
        assert ended.status == 0 and said in ended.err, ended.err
    config = RunDirectory(run).read()["config"].training
    assert (config.num_steps, config.warmup_steps) == (6, 2)
    # What is given by name is the user's own wish, and another configuration.
    ended = call(
        *("train", f"--flagfile={file}", f"--run_dir={run}"),
        *("--num_steps=8", "--warmup_steps=3"),
    )
    assert ended.status == 2 and "warmup_steps: 2 -> 3" in ended.err


def test_a_worker_is_capped_as_its_own_copy_of_the_run_was(
    tmp_path, cheap, monkeypatch
):
    capped = [*cheap, "--num_steps=4", "--warmup_steps=2"]
    assert call("train", *capped, f"--run_dir={tmp_path / 'run.worker-1'}").status == 0
    file = tmp_path / "own.flags"
    file.write_text("\n".join([*cheap, "--num_steps=400", "--warmup_steps=50"]))
    cluster = {"worker": ["host:1", "host:2"]}
    task = {"type": "worker", "index": 1}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
    ended = call(
        *("train", f"--flagfile={file}", "--num_steps=6", "--strategy=multi_worker"),
        *(f"--run_dir={tmp_path / 'run'}", "--dry_run"),
    )
    assert ended.status == 0 and "kept: warmup_steps 2" in ended.err, ended.err


def test_without_a_schedule_more_steps_are_those_of_a_run_planned_so(tmp_path, cheap):
    flags = [*cheap, "--schedule=constant"]
    for name, steps in (("run", 6), ("run", 9), ("whole", 9)):
        with eagerly():
            ended = call(
                "train", *flags, f"--num_steps={steps}", f"--run_dir={tmp_path / name}"
            )
        assert ended.status == 0, ended.err
    assert saved_numbers(tmp_path / "run", 9) == saved_numbers(tmp_path / "whole", 9)


SMALLER = {
    "warm-up": ("--warmup_steps=500", "capped: warmup_steps 500 -> 2, half of"),
    "kl": ("--kl_warmup_steps=80", "capped: kl_warmup_steps 80 -> 2, half of"),
    "likelihood": (
        "--preset=av_gde\n--likelihood_only_steps=5",
        "capped: likelihood_only_steps 5 -> 2, half of num_steps=4",
    ),
    "both": (
        "--preset=av_gde\n--likelihood_only_steps=99\n--warmup_steps=4",
        "likelihood_only_steps 99 -> 2",
    ),
}


@pytest.mark.parametrize(("lines", "message"), SMALLER.values(), ids=SMALLER)
def test_a_flagfile_runs_with_fewer_steps(tmp_path, cheap, lines, message):
    file = tmp_path / "long.flags"
    file.write_text(f"--preset=vae\n--num_steps=1000\n{lines}\n")
    rest = [flag for flag in cheap if not flag.startswith(("--preset", "--num_steps"))]
    flags = [*rest, f"--flagfile={file}", "--num_steps=4"]
    # That a capped run trains is shown above; here, that it may begin.
    ended = call("train", *flags, "--dry_run")
    assert ended.status == 0, ended.err
    assert message in ended.err
    # What the command line names itself is refused.
    ended = call("train", *flags, "--warmup_steps=4", "--dry_run")
    assert ended.status == 2 and "must be below num_steps" in ended.err
