from tests.helpers.binaries import call
from tests.helpers.pages import Page
from tests.helpers.written_runs import write_run


def test_a_finished_and_an_unfinished_run(finished, tmp_path):
    other = write_run(tmp_path / "other", steps=2, records=())
    out = tmp_path / "out" / "page.html"
    ended = call(
        "report", f"--run_dirs={finished},{other}", f"--out={out}", "--pictures=sample"
    )
    assert ended.status == 0, ended.err
    assert ended.out.splitlines()[-1] == str(out)
    page = Page(out.read_text())
    assert "6 of 6 steps" in page.text and "unfinished: 2 of 8 steps" in page.text
    assert len(page.embedded("png")) == 2
    assert f"--run_dirs={finished},{other} --pictures=sample --temp" in page.text


def test_bad_flags_are_refused(finished, tmp_path):
    out = tmp_path / "page.html"
    for arguments, rule in (
        ([f"--out={out}"], "run_dirs must name at least one run. Received: none"),
        ([f"--out={out}", f"--run_dirs={tmp_path}"], "must be directories of runs"),
        ([f"--run_dirs={finished}"], "out must end in .html. Received: ''"),
        (
            [f"--run_dirs={finished}", f"--out={out}", "--pictures=dream"],
            "pictures must be among .*",
        ),
    ):
        ended = call("report", *arguments)
        assert ended.status == 2 and ended.out == ""
        assert ended.err.startswith("error: ") and ended.err.count("\n") == 1
        assert rule.split(".*")[0] in ended.err and "Received: " in ended.err
        assert not out.exists()
