"""The page in a browser, which has no network: it asks for nothing and shows all."""

import numpy as np
import pytest
from PIL import Image

from ade_tf.report import write_report
from tests.helpers.pages import Page, open_in_chromium
from tests.helpers.written_runs import write_run

pytestmark = pytest.mark.long

# Stands before the page's policy, which binds only what follows it.
PROBE = """<head><script>
const wrong = [];
addEventListener("error", e => wrong.push("error " + (e.message || e.target)), true);
addEventListener("securitypolicyviolation", e => wrong.push("policy " + e.blockedURI));
addEventListener("load", () => {
  const images = [...document.images];
  const found = document.createElement("pre");
  found.id = "probe";
  found.textContent = JSON.stringify({
    images: images.map(i => i.complete && i.naturalWidth > 0),
    requests: performance.getEntriesByType("resource").map(r => r.name),
    overflow: document.documentElement.scrollWidth > innerWidth,
    wrong: wrong});
  document.body.append(found);
});
</script>"""


@pytest.fixture(scope="module")
def page(v_ade_run, tmp_path_factory):
    """The page of a trained run and of one that is unfinished."""
    directory = tmp_path_factory.mktemp("report")
    other = write_run(directory / "unfinished", steps=3, preset="flow")
    return write_report([v_ade_run, other], directory / "page.html")


def probe(page, directory, *flags, probed=PROBE):
    """Returns what the page's copy with the probe says of itself, and the log."""
    copy = directory / "copy.html"
    copy.write_text(page.read_text().replace("<head>", probed, 1))
    out, log, requests = open_in_chromium(copy, directory, "--dump-dom", *flags)
    said = out.split('id="probe">')[1].split("<")[0]
    return said, [line for line in log.splitlines() if "CONSOLE" in line], requests


@pytest.mark.parametrize("width", [1280, 500])
def test_it_shows_all_and_asks_for_nothing(page, tmp_path, width):
    said, console, requests = probe(page, tmp_path, f"--window-size={width},900")
    count = len(Page(page.read_text()).all("img"))
    assert count >= 4
    images = ",".join(["true"] * count)
    assert said == (
        f'{{"images":[{images}],"requests":[],"overflow":false,"wrong":[]}}'
    )
    assert console == [] and requests == []
    # Requests to the browser's maker are not counted: the page has no such address.
    assert "google" not in page.read_text()


def test_the_probe_sees_what_it_looks_for(page, tmp_path):
    image = '<img src="http://example.invalid/x.png"><script>nothing()</script>'
    bad = tmp_path / "bad.html"
    bad.write_text(f"<html><head></head><body>{image}</body></html>")
    said, console, requests = probe(bad, tmp_path)
    assert '"images":[false]' in said and "nothing is not defined" in said
    assert console and "example.invalid" in requests[0]
    # In the page itself the policy forbids the very same.
    bad.write_text(page.read_text().replace("</main>", f"{image}</main>"))
    said, console, requests = probe(bad, tmp_path)
    assert "policy" in said and console and requests == []


def test_light_and_dark(page, tmp_path):
    shades = []
    for scheme in (1, 0):
        out = tmp_path / f"{scheme}.png"
        open_in_chromium(
            page,
            tmp_path,
            f"--screenshot={out}",
            "--window-size=1000,700",
            f"--blink-settings=preferredColorScheme={scheme}",
        )
        with Image.open(out) as shot:
            grey = np.asarray(shot.convert("L"))
        assert grey.shape == (700, 1000)
        shades.append(np.median(grey))
        assert grey.std() > 10
    assert shades[0] > 240 and shades[1] < 40
