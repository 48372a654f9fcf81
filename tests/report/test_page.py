import html
import json
import re
from xml.etree import ElementTree

import pytest

from ade_tf.drawing.charts import COLOURS
from ade_tf.report import write_report
from tests.helpers.pages import Page
from tests.helpers.written_runs import RECORD, write_run

QUALITY = {
    "metric": "frechet_distance",
    "name": "FID-50k",
    "value": 12.5,
    "standard_deviation": 0.25,
    "step": 8,
    "split": "train",
    "num_examples": 50000,
    "num_reference": 1297,
    "seed": 0,
    "protocol": "modern_50k",
    "extractor": {"name": "inception", "sha256": "0123456789abcdef" * 4},
    "floor": {"value": 1.75, "num_examples": 648, "num_reference": 648},
    "of_a_later_version": {"depth": [1, 2]},
}
HOSTILE = "npz:\"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;.npz"


def page(out, *runs, **options):
    """Returns the page of runs, by default without pictures."""
    path = write_report(runs, out / "page.html", **{"pictures": (), **options})
    return Page(path.read_text())


def sections(text):
    """Returns the text of a page by section title."""
    found = re.split(r"<h2[^>]*>(.*?)</h2>", text)
    return {
        re.sub("<.*?>", "", title): html.unescape(
            " ".join(re.sub("<.*?>", " ", body).split())
        )
        for title, body in zip(found[1::2], found[2::2], strict=True)
    }


def test_one_run(tmp_path):
    novelty = {"metric": "novelty", "against": "a b", "group_size": 2, "value": 0.5}
    novelty |= {"typical_split": "train", "seed": 1, "standard_error": 0.01}
    trained = {**RECORD, "origin": "train"}
    run = write_run(tmp_path / "run", records=[trained, QUALITY, novelty])
    write_report([run], tmp_path / "page.html", pictures=())
    found = sections((tmp_path / "page.html").read_text())
    assert "av_ade" in found["Runs"] and "8 of 8 steps" in found["Runs"]
    assert "unfinished" not in found["Runs"]
    numbers = found["Numbers"]
    for shown in (
        "bits per dim ↓ 2.346 ± 0.012 test 300 single-sample bound",
        "FID-50k ↓ 12.50 (s.d. 0.25) real halves 1.75 train 50,000 against 1,297 real",
        "modern_50k inception 0123456789ab 8 0 real halves: value 1.750, num examples",
        "of a later version: depth 1, 2",
        f"sha256 {'0123456789abcdef' * 4}",
    ):
        assert shown in numbers
    assert "all training images against 50,000 samples" in numbers
    assert "coupling_width 8 " in found["Settings"]
    assert "learning_rate" not in found["Settings"]
    assert "Keras" not in found and "keras 3" in found["R1: run"]
    assert "Peak learning rate" in found["R1: run"]
    commands = found["To repeat it"]
    assert f"experiments.train --flagfile={run}/resolved.flags" in commands
    assert "--metrics=frechet_distance --split=train --protocol=modern_50k" in commands
    assert "--extractor=inception --extractor_path=inception" in commands
    assert "'--against=a b' --group_size=2 --reference=train --seed=1" in commands
    assert "bits_per_dim" not in commands
    assert "--coupling_width=8" in commands


def test_every_score_is_asked_for_by_its_metric(tmp_path):
    keys = {"coverage": "density_coverage", "marginal_kl": "mutual_information"}
    keys |= {"off_data": "toy_divergences", "memorisation_share": "memorisation"}
    for key, name in keys.items():
        records = [{**RECORD, "metric": key}, {**RECORD, "metric": "of_a_later_one"}]
        run = write_run(tmp_path / key, records=records)
        text = html.unescape(page(tmp_path, run).text)
        assert f"--metrics={name} " in text


@pytest.mark.parametrize("kind", ["classifier", "pixels", "random"])
def test_an_extractor_without_a_file_is_asked_for_by_its_kind(tmp_path, kind):
    record = {**RECORD, "extractor": {"name": f"{kind}(8x8x1)", "sha256": "0" * 64}}
    run = write_run(tmp_path / "run", records=[record])
    text = html.unescape(page(tmp_path, run).text)
    assert f"--extractor={kind} " in text and "--extractor_path" not in text


def test_a_metric_is_shown_by_its_present_name(tmp_path):
    named = {"name": "max |f^-1(f(x)) - x|", "split": "test"}
    old = {**RECORD, **named, "metric": "reconstruction_error", "value": 0.125}
    new = {**old, "metric": "inversion_error", "value": 0.0625}
    run = write_run(tmp_path / "old", records=[old])
    write_report([run], tmp_path / "page.html", pictures=())
    found = sections((tmp_path / "page.html").read_text())
    assert "max |f^-1(f(x)) - x| ↓ 0.125" in found["Numbers"]
    assert "--metrics=inversion_error " in found["To repeat it"]
    both = page(tmp_path, write_run(tmp_path / "both", records=[old, new])).text
    assert "0.06" in both and "0.125" not in both


def test_the_latest_record_of_each_measurement(tmp_path):
    later = {**RECORD, "value": 1.5, "step": 9}
    other = {**RECORD, "value": 7.25, "split": "train"}
    run = write_run(tmp_path / "run", records=[RECORD, other, later])
    text = page(tmp_path, run).text
    assert "1.500" in text and "7.250" in text and "2.346" not in text


def test_several_runs_differences_first(tmp_path):
    first = write_run(tmp_path / "a" / "run")
    fewer = {**RECORD, "num_examples": 200, "value": 9.5}
    second = write_run(
        tmp_path / "b" / "run", preset="vae", steps=3, records=[fewer], width=9
    )
    write_report([first, second], tmp_path / "page.html", pictures=())
    text = (tmp_path / "page.html").read_text()
    found = sections(text)
    assert str(first) in found["Runs"] and str(second) in found["Runs"]
    assert "unfinished: 3 of 8 steps" in found["Runs"]
    assert "preset av_ade vae" in found["Differences"]
    assert "width 8 9" in found["Differences"]
    assert "latent_size" not in found["Differences"]
    assert "latent_size" in found[f"R1: {first}"]
    # Other images: numbers that are not alike never share a row.
    table = text[text.index("Numbers by run") :]
    rows = re.findall("<tr>(.*?)</tr>", table[: table.index("</table>")])[1:]
    cells = [re.sub("<.*?>", "", row.replace("</td>", "|")) for row in rows]
    assert ["2.346" in c for c in cells] == [True, False]
    assert ["9.500" in c for c in cells] == [False, True]
    # Both runs are in one drawing, training and validation, and both have names.
    drawing, *_ = Page(text).drawings()
    lines = re.findall(r"fill: none; stroke: (#\w+); stroke-width: (1.[38])", drawing)
    first, second = COLOURS[:2]
    assert lines == [(first, "1.3"), (first, "1.8"), (second, "1.3"), (second, "1.8")]
    assert "<!-- R1 -->" in drawing and "<!-- R2 -->" in drawing
    words = Page(text).embedded("svg+xml")[0]["alt"]
    assert "R1 training ends at 3; R1 validation ends at 3.25; R2" in words


@pytest.mark.parametrize("steps", [0, 3])
def test_a_run_with_nothing_yet(tmp_path, steps):
    run = write_run(tmp_path / "run", steps=steps, records=())
    with open(run / "scalars.jsonl", "a") as file:
        file.write('{"step": 4, "bits_p')
    found = page(tmp_path, run, pictures=("sample",))
    assert f"unfinished: {steps} of 8 steps" in found.text
    assert "Nothing has been measured yet" in found.text
    assert ("No run has recorded a step yet" in found.text) == (steps == 0)
    assert found.text.count("before it can be loaded") == 1
    assert len(found.embedded("png")) == 1  # The real images.
    assert bool(found.drawings()) == (steps > 0)


def test_a_run_of_another_version(tmp_path):
    run = write_run(tmp_path / "run")
    record = json.loads((run / "config.json").read_text())
    record["config"]["setting_of_then"] = 77
    (run / "config.json").write_text(json.dumps(record))
    text = page(tmp_path, run, pictures=("sample",)).text
    assert "setting_of_then 77" in text and "2.346 ± 0.012" in text
    assert "Settings must be known to this version" in text


def test_what_is_not_finite_breaks_its_line(tmp_path):
    run = write_run(tmp_path / "run", steps=0)
    values = [3.0, 2.0, None, 1.0, 2.0]
    lines = [{"step": n, "kl": value} for n, value in enumerate(values)]
    (run / "scalars.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    (drawing,) = page(tmp_path, run).drawings()
    line = re.search(rf'<path d="([^"]*)" [^>]*stroke: {COLOURS[0]}', drawing)[1]
    assert re.sub("[^ML]", "", line) == "MLML"


def test_everything_from_a_run_is_escaped(tmp_path):
    record = {**RECORD, **{k: HOSTILE for k in ("name", "protocol", "split", HOSTILE)}}
    record["extractor"] = {"name": HOSTILE, "sha256": HOSTILE}
    record["floor"] = HOSTILE
    place = tmp_path / "<script>alert(3)<"
    place.mkdir()
    run = write_run(place / "'\"><b onclick=x>", dataset=HOSTILE, records=[record])
    scalars = {"step": 1, HOSTILE: 1.0, f"validation_{HOSTILE}": 2.0}
    (run / "scalars.jsonl").write_text(json.dumps(scalars) + "\n")
    plain = write_run(tmp_path / "plain")
    for runs, pictures in (([run], ("sample",)), ([plain, run], ())):
        found = page(tmp_path, *runs, pictures=pictures)
        tags = {tag for tag, _ in found.elements}
        assert not tags & {"script", "iframe", "object", "b onclick=x"}
        names = {name for _, attributes in found.elements for name in attributes}
        assert not any(name.startswith("on") for name in names)
        assert HOSTILE in found.text and run.name in found.text
        images = found.embedded("png") + found.embedded("svg+xml")
        assert len(images) == len(found.all("img")) and found.drawings()
        for drawing in found.drawings():
            assert {element.tag for element in ElementTree.fromstring(drawing).iter()}


def test_nothing_is_loaded_and_everything_is_named(tmp_path):
    runs = [write_run(tmp_path / "a"), write_run(tmp_path / "b", preset="flow")]
    found = page(tmp_path, *runs, pictures=("sample",))
    text = (tmp_path / "page.html").read_text()
    assert not re.search(r"https?:|url\((?!#)|@import|<link|<script", text)
    policy = next(m for m in found.all("meta") if m.get("http-equiv"))
    assert policy["content"].startswith("default-src 'none'; img-src data:;")
    assert found.all("html") == [{"lang": "en"}]
    assert all(image["alt"] for image in found.all("img"))
    assert all(head["scope"] in ("row", "col") for head in found.all("th"))
    anchors = {a["id"] for _, a in found.elements if "id" in a}
    for attributes in found.all("a"):
        assert attributes["href"].removeprefix("#") in anchors
    assert found.elements.count(("h1", {})) == 1


def test_the_same_runs_give_the_same_page_and_are_not_touched(tmp_path):
    run = write_run(tmp_path / "run")
    before = {path: path.read_bytes() for path in run.iterdir()}
    out = tmp_path / "deep" / "er" / "page.html"
    first = write_report([run], out, pictures=()).read_bytes()
    assert write_report([run], out, pictures=()).read_bytes() == first
    assert {path: path.read_bytes() for path in run.iterdir()} == before
    assert [path.name for path in out.parent.iterdir()] == ["page.html"]


def test_pictures_of_a_trained_run(v_ade_run, tmp_path):
    modes = ("sample", "reconstruct")
    found = page(tmp_path, v_ade_run, pictures=modes, temperature=0.5, seed=3)
    assert [image["alt"].split(": ")[0] for image in found.embedded("png")] == [
        "test images of digits",
        "v_ade",
        "v_ade",
    ]
    assert "not drawn" not in found.text
    assert "64 samples, temperature 0.5, no decoder noise, seed 3" in found.text
    drawing = "--mode=reconstruct --num_samples=40 --temperature=0.5 --seed=3"
    assert drawing in found.text


REFUSED = {
    "none": ([], {}, "at least one run. Received: none"),
    "no run": (["nowhere"], {}, "directories of runs. Received: '.*nowhere'"),
    "twice": (["run", "run"], {}, "each run once. Received: '.*run' twice"),
    "mode": (["run"], {"pictures": ["dream"]}, "pictures must be.*'dream'"),
    "setting": (["run"], {"temperature": -1.0}, "`temperature` must be at least 0"),
}


@pytest.mark.parametrize(("names", "options", "rule"), REFUSED.values(), ids=REFUSED)
def test_refusals(tmp_path, names, options, rule):
    write_run(tmp_path / "run")
    with pytest.raises(ValueError, match=rule):
        page(tmp_path, *(tmp_path / name for name in names), **options)
    assert not (tmp_path / "page.html").exists()


def test_other_directories_and_damaged_records_are_refused(tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for content in ("[]", "{}", '{"format": "x", "config": {}}', "\0"):
        (other / "config.json").write_text(content)
        with pytest.raises(ValueError, match="directories of runs"):
            page(tmp_path, other)
    run = write_run(tmp_path / "run")
    (run / "metrics.jsonl").write_text("damaged\n")
    with pytest.raises(ValueError, match="metrics.jsonl, line 1"):
        page(tmp_path, run)
    with pytest.raises(TypeError, match="temperature, noise, .* Received: mode"):
        page(tmp_path, run, mode="sample")
    with pytest.raises(ValueError, match=r"end in .html. Received: '.*page.pdf'"):
        write_report([run], tmp_path / "page.pdf")
