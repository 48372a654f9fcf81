"""HTML pages as tests read them: without a browser, and in one."""

import base64
import contextlib
import html.parser
import pathlib
import re
import shutil
import socket
import subprocess
import threading

import pytest

__all__ = ["Page", "open_in_chromium"]

# Chromium asks its maker for the time, for updates and for accounts, whatever it shows.
_OWN_REQUESTS = re.compile(r"\w+ (http://)?[\w.-]+\.(google|gvt1|googleapis)\.com[:/]")
_VOID = {"img", "meta", "link", "br"}


class Page(html.parser.HTMLParser):
    """The elements of a page; a tag that is not closed in order is refused.

    Args:
      text: The page.

    Attributes:
      elements: `(tag, attributes)` of every element, in order.
      text: All of its text but that of `style`.
    """

    def __init__(self, text):
        super().__init__()
        self.elements, self._open, self._texts = [], [], []
        self.feed(text)
        self.close()
        assert not self._open, self._open
        self.text = " ".join(" ".join(self._texts).split())

    def all(self, tag):
        """Returns the attributes of all elements of a kind."""
        return [attributes for found, attributes in self.elements if found == tag]

    def embedded(self, kind):
        """Returns the attributes of all images of a kind, `png` or `svg+xml`."""
        start = f"data:image/{kind};base64,"
        return [image for image in self.all("img") if image["src"].startswith(start)]

    def drawings(self):
        """Returns the SVGs of the page, as text."""
        addresses = [image["src"] for image in self.embedded("svg+xml")]
        return [base64.b64decode(a.split(",")[1]).decode() for a in addresses]

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if "style" not in self._open:
            self._texts.append(data)


def open_in_chromium(page, directory, *flags):
    """Opens a page in headless Chromium, whose every request is counted and refused.

    Args:
      page: The file.
      directory: A scratch directory.
      *flags: Of Chromium, such as `--dump-dom`.

    Returns:
      What it printed, what it logged, and the first lines of the requests that the
      page made.
    """
    binary = shutil.which("chromium") or shutil.which("chromium-browser")
    if binary is None:
        pytest.skip("needs the browser Chromium")
    with _counting_proxy() as (port, requests):
        ended = subprocess.run(
            [
                binary,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
                "--enable-logging=stderr",
                "--force-device-scale-factor=1",
                f"--proxy-server=127.0.0.1:{port}",
                f"--user-data-dir={directory / 'profile'}",
                *flags,
                pathlib.Path(page).resolve().as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=600,
            check=True,
        )
    return ended.stdout, ended.stderr, requests


@contextlib.contextmanager
def _counting_proxy():
    """Takes connections, notes what each asks for, and answers nothing."""
    requests = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                line = connection.recv(4096).split(b"\r\n")[0].decode(errors="replace")
                if not _OWN_REQUESTS.match(line):
                    requests.append(line)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], requests
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()
