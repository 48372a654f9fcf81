"""The commands of the pages are such as their binaries take."""

import re
import shlex

import pytest
from absl import flags

from ade_tf.config.data import PreparationOptions
from ade_tf.evaluation.follow_options import FollowOptions
from ade_tf.evaluation.options import (
    ComparisonOptions,
    NoveltyOptions,
    ScoreOptions,
)
from ade_tf.samples import PictureOptions
from ade_tf.samples.options import TranslationOptions
from experiments import field_flags, run_config
from experiments.bench import BenchmarkOptions
from experiments.flagfiles import expand
from tests.helpers.binaries import DEFINE, ROOT, flags_of

OPTIONS = {
    "benchmark": BenchmarkOptions,
    "compare": ComparisonOptions,
    "evaluate": FollowOptions,
    "novelty": NoveltyOptions,
    "prepare_data": PreparationOptions,
    "sample": PictureOptions,
    "score": ScoreOptions,
    "translate": TranslationOptions,
}
PAGES = [
    "README.md",
    *(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md")),
]
COMMAND = re.compile(r".*python3? -m experiments\.(\w+) (--.*)")
# Of a page's own reader: --flagfile=FILE, flags/..., flags/digits_NAME.flags.
BLANK = re.compile(r"--flagfile=\S*([A-Z]{4}|\.\.\.)\S*")


def codes(page):
    """Yields the lines of a page's blocks of code, and its code within lines."""
    text = (ROOT / page).read_text()
    fence = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
    for block in fence.findall(text):
        yield from block.replace("\\\n", " ").splitlines()
    yield from (
        " ".join(c.split()) for c in re.findall("`([^`]+)`", fence.sub("", text))
    )


def commands():
    """Returns `(page, binary, its words)` of the whole commands of all pages."""
    found = [(page, COMMAND.fullmatch(code)) for page in PAGES for code in codes(page)]
    return [
        (page, match[1], shlex.split(BLANK.sub("", match[2])))
        for page, match in found
        if match and match[2] != "--help"
    ]


def test_every_binary_has_its_place_in_the_table():
    binaries = {
        path.stem
        for path in (ROOT / "experiments").glob("*.py")
        if "\ndef run():" in path.read_text()
    }
    assert binaries == set(DEFINE)


@pytest.mark.parametrize(
    ("binary", "words"),
    [pytest.param(*rest, id=f"{page} {rest[0]}") for page, *rest in commands()],
)
def test_a_command_is_understood(binary, words, monkeypatch):
    monkeypatch.setattr("sys.argv", [binary, *words])
    with flags_of(DEFINE[binary]):
        flags.FLAGS([binary, *expand(words)])
        if binary in ("train", "benchmark"):
            run_config.config_from_flags()
        if binary in OPTIONS:
            field_flags.options_from_flags(OPTIONS[binary])


@pytest.mark.parametrize("page", PAGES)
def test_flags_that_a_page_names_exist(page):
    known = set()
    for define in DEFINE.values():
        with flags_of(define):
            known.update(flags.FLAGS)
    found = {name for c in codes(page) for name in re.findall(r"^--(\w+)", c)}
    assert {name.removeprefix("no") for name in found} <= {
        *(name.removeprefix("no") for name in known),
        *("flagfile", "help"),
    }
