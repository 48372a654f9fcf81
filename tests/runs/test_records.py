"""Tests of the files of records."""

import json
import multiprocessing
import os
import stat

import numpy as np
import pytest

from ade_tf.files import replace_file
from ade_tf.runs.records import append_record, read_records, truncate_after


@pytest.fixture(name="path")
def _path(tmp_path):
    return tmp_path / "scalars.jsonl"


def _write_steps(path, steps):
    for step in steps:
        append_record(path, {"step": step, "loss": step / 3})


def _steps(path):
    return [record["step"] for record in read_records(path)]


def test_records_come_back_in_order_and_exact(path):
    written = [{"step": 1, "loss": 0.1 + 0.2}, {"step": 2, "name": "naïve\n"}]
    for record in written:
        append_record(path, record)
    assert read_records(path) == written
    assert [json.loads(line) for line in path.read_text().splitlines()] == written


def test_numpy_values_become_json(path):
    record = {"a": np.float32(0.5), "b": np.int64(3), "c": np.arange(2), "d": True}
    append_record(path, record)
    assert read_records(path) == [{"a": 0.5, "b": 3, "c": [0, 1], "d": True}]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), np.float32("nan")])
def test_values_that_are_not_finite_become_null(path, bad):
    append_record(path, {"step": 1, "loss": bad, "parts": [1.0, {"kl": bad}]})
    assert read_records(path) == [
        {"step": 1, "loss": None, "parts": [1.0, {"kl": None}]}
    ]
    assert "NaN" not in path.read_text() and "Infinity" not in path.read_text()


def test_every_torn_last_line_is_dropped_and_then_cut_off(path):
    _write_steps(path, [1, 2])
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        path.write_bytes(whole[:end])
        assert _steps(path) == [1]
        append_record(path, {"step": 2, "loss": 2 / 3})
        assert path.read_bytes() == whole


def test_a_file_that_is_one_torn_line_starts_anew(path):
    path.write_bytes(b'{"step": 1, "lo')
    assert read_records(path) == []
    _write_steps(path, [1])
    assert _steps(path) == [1]


@pytest.mark.parametrize("line", [b"{oops}", b"[1, 2]", b"", b"\xff"])
def test_a_bad_line_that_is_not_torn_is_named(path, line):
    path.write_bytes(b'{"step": 1}\n' + line + b'\n{"step": 3}\n')
    with pytest.raises(ValueError, match=r"JSON object.*scalars\.jsonl, line 2"):
        read_records(path)


def test_a_missing_file_is_an_error_to_read(path):
    with pytest.raises(FileNotFoundError):
        read_records(path)


def test_a_missing_file_has_no_records_where_it_may_be_missing(path):
    assert read_records(path, missing_ok=True) == []
    append_record(path, {"step": 1})
    assert read_records(path, missing_ok=True) == [{"step": 1}]


def _append_many(path, writer):
    for number in range(50):
        append_record(path, {"writer": writer, "number": number, "pad": "x" * 500})


def test_processes_that_append_together_keep_their_lines_whole(path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_append_many, args=(path, w)) for w in range(3)]
    for process in writers:
        process.start()
    for process in writers:
        process.join()
    numbers = [[], [], []]
    for record in read_records(path):
        numbers[record["writer"]].append(record["number"])
    assert numbers == [list(range(50))] * 3


@pytest.mark.parametrize(
    ("step", "kept"), [(3, [1, 3]), (4, [1, 3]), (0, []), (9, None)]
)
def test_truncate_keeps_the_lines_up_to_the_step(path, step, kept):
    _write_steps(path, [1, 3, 5, 6])
    before = path.read_bytes()
    truncate_after(path, step)
    assert _steps(path) == (kept if kept is not None else [1, 3, 5, 6])
    assert before.startswith(path.read_bytes())


def test_resuming_leaves_each_step_once(path):
    _write_steps(path, range(1, 8))
    with open(path, "ab") as file:
        file.write(b'{"step": 8, "lo')
    truncate_after(path, 5)
    _write_steps(path, range(6, 11))
    assert _steps(path) == list(range(1, 11))


def test_truncating_a_missing_file_makes_none(path):
    truncate_after(path, 3)
    assert not path.exists()


def test_truncating_records_without_a_step_is_refused(path):
    append_record(path, {"metric": "bits_per_dim"})
    with pytest.raises(ValueError, match=r"has a step.*line 1: .*bits_per_dim"):
        truncate_after(path, 3)


def test_an_interrupted_replacement_leaves_the_old_file_alone(path, monkeypatch):
    path.write_bytes(b"old")

    def interrupted(*names):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_a_replaced_file_keeps_its_permissions(path):
    replace_file(path, b"first")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    path.chmod(0o600)
    replace_file(path, b"second")
    assert path.read_bytes() == b"second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
