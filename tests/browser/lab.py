"""A real JupyterLab, driven in a real Chromium: what the browser tests need of both.

`Server` is one JupyterLab on a free loopback port, with a token and folders of its own, and ended with its kernels.
`Lab` is one page of it: `open` a notebook, `run`, look at `out(n)`, switch the `theme`, `reload`, take a `shot`; and
`faults()`, everything that went wrong on the way: errors in cells, on the console and in widgets, and each request
that wanted to leave the machine (none gets out).
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = ("/usr/bin/chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
          "C:/Program Files/Google/Chrome/Application/chrome.exe")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
         "--disable-component-update", "--no-first-run"]
# The browser's own words, which say nothing about the notebook.
NOISE = ("favicon", "ResizeObserver loop")
SECONDS = 240  # a busy machine is no reason to fail
HELPERS = Path(__file__).with_name("lab.js").read_text(encoding="utf-8")


def chromium(playwright):
    """The path of a Chromium: CHROMIUM if that is set, one that is installed, or Playwright's own; else None."""
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES), *PLACES, playwright.chromium.executable_path]
    return next((path for path in candidates if path and Path(path).is_file()), None)


class Server:
    """A JupyterLab (or, with application="notebook", a Notebook 7) that serves `folder`.

    folder: where its notebooks and all its own files are     extra: more environment variables for it and its kernels
    """

    def __init__(self, folder, application="jupyterlab", **extra):
        self.folder, self.notebooks = Path(folder), Path(folder) / "notebooks"
        self.tree = "lab/tree" if application == "jupyterlab" else "notebooks"
        self.notebooks.mkdir(parents=True)
        self.token = secrets.token_hex(16)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._settings()
        own = {f"JUPYTER_{name}_DIR": str(self.folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
        own |= {f"JUPYTERLAB_{name}_DIR": str(self.folder / name.lower()) for name in ("SETTINGS", "WORKSPACES")}
        own |= {"IPYTHONDIR": str(self.folder / "ipython"), "JUPYTER_TOKEN": self.token, "COURSE_PROGRESS": "off",
                "COURSE_PRESET": "smoke", "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1", **extra}
        options = [f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1",
                   "--ServerApp.open_browser=False", f"--ServerApp.root_dir={self.notebooks}",
                   "--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True",
                   "--LabApp.news_url=None",
                   "--LabApp.extension_manager=readonly"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            options.append("--ServerApp.allow_root=True")
        self.log = open(self.folder / "server.log", "w", encoding="utf-8")
        self.process = subprocess.Popen([sys.executable, "-m", application, *options], cwd=self.folder,
                                        env={**os.environ, **own}, stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL, start_new_session=True)
        self._wait()

    def _settings(self):
        """No news, no saving behind our back, and every cell in the page however long the notebook is."""
        for plugin, values in {
            "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
            "docmanager-extension/plugin": {"autosave": False},
            "notebook-extension/tracker": {"windowingMode": "none"},
        }.items():
            path = self.folder / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values), encoding="utf-8")

    def _wait(self):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                return self.ask("GET", "api/status")
            except OSError:
                time.sleep(0.2)
        self.close()
        raise RuntimeError(f"JupyterLab did not start:\n{self.words()[-2000:]}")

    def words(self) -> str:
        """What the server wrote."""
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")

    def ask(self, method, path, body=None):
        """One request to the server's own API. returns: the answer, from JSON, or None"""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode("utf-8"),
                                         headers={"Authorization": f"token {self.token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            data = answer.read()
        return json.loads(data) if data else None

    def close(self):
        """End the kernels and then the server; nothing else is touched."""
        if self.process.poll() is None:
            try:
                for session in self.ask("GET", "api/sessions"):
                    self.ask("DELETE", f"api/sessions/{session['id']}")
                self.ask("POST", "api/shutdown")
                self.process.wait(15)
            except (OSError, subprocess.TimeoutExpired):
                end = getattr(os, "killpg", None)  # its own session, so the group holds only what it started
                end(self.process.pid, signal.SIGTERM) if end else self.process.terminate()
                self.process.wait(15)
        self.log.close()


class Lab:
    """One page of a server. Cells are counted from 0, code and markdown alike."""

    def __init__(self, server, browser, width=1400, height=1000):
        self.server, self.errors, self.outside, self.path = server, [], [], None
        self.home = f"127.0.0.1:{server.port}"
        self.context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.route("**/*", self._gate)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"[:500]))
        self.page.on("websocket", lambda socket: self._inside(socket.url) or self.outside.append(socket.url))
        self.page.on("dialog", lambda dialog: dialog.accept())

    def _inside(self, url):
        return url.split("://", 1)[-1].startswith(self.home) or url.startswith(("data:", "blob:"))

    def _gate(self, route):
        if self._inside(route.request.url):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def _console(self, message):
        if message.type == "error" and not any(word in message.text for word in NOISE):
            self.errors.append(f"console: {message.text}"[:500])

    # -- notebooks --------------------------------------------------------------------------------------------------

    def open(self, notebook):
        """Open a notebook: a path, whose file is copied first, or a list of the source of its code cells."""
        if isinstance(notebook, (str, Path)):
            book = nbformat.read(notebook, as_version=4)
            name = Path(notebook).name
        else:
            book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in notebook])
            name = f"test_{secrets.token_hex(4)}.ipynb"
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        self.path = self.server.notebooks / name
        nbformat.write(book, self.path)
        self._load()

    def _load(self):
        self.page.goto(f"http://{self.home}/{self.server.tree}/{self.path.name}?token={self.server.token}&reset")
        self.page.wait_for_function("() => window.jupyterapp", timeout=SECONDS * 1000)
        self.page.evaluate("() => window.jupyterapp.restored.then(() => true)")
        self.page.evaluate(HELPERS)
        self.page.wait_for_function("() => window.courseTest.ready()", timeout=SECONDS * 1000)
        for side in ("Left", "Right"):
            self.page.evaluate(f"() => window.jupyterapp.shell.collapse{side}?.()")
        self.page.wait_for_timeout(200)

    def run(self, seconds=SECONDS):
        """Run all cells and wait until they are done. Widgets may still be drawing: wait for what you look at."""
        self.start()
        self.wait(seconds)

    def start(self, cell=None):
        """Start all cells, or one, without waiting: to press a widget's buttons while its cell runs."""
        self.page.evaluate("cell => { window.courseTest.start(cell); }", cell)

    def wait(self, seconds=SECONDS):
        """Wait until no cell runs or waits to run."""
        end, calm = time.monotonic() + seconds, 0
        while calm < 3:
            calm = calm + 1 if self.page.evaluate("() => window.courseTest.idle()") else 0
            if time.monotonic() > end:
                raise TimeoutError(f"cells were still running after {seconds} s")
            self.page.wait_for_timeout(100)

    def out(self, cell):
        """The output of one cell, as a Playwright locator."""
        self.page.evaluate("() => window.courseTest.number()")
        return self.page.locator(f'[data-test-cell="{cell}"] .jp-Cell-outputWrapper')

    def outputs(self, cell):
        """What the notebook holds as the outputs of one cell."""
        return self.page.evaluate("cell => window.courseTest.outputs(cell)", cell)

    def text(self, cell) -> str:
        """The text that a cell printed or gave."""
        parts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in self.outputs(cell)]
        return "".join("".join(part) for part in parts)

    def kernel(self, code) -> str:
        """Run code in the notebook's kernel, beside the cells. returns: what it printed (after at most 30 s)"""
        return self.page.evaluate("code => window.courseTest.ask(code)", code)

    def interrupt(self):
        """As the notebook's own stop square does."""
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:interrupt-kernel'); }")

    def save(self):
        """Save the notebook. returns: its path"""
        self.page.evaluate("() => window.courseTest.panel().context.save()")
        return self.path

    def reload(self):
        """Load the page again, as F5 does: the kernel goes on, the widgets are built anew from it."""
        self._load()

    def stop_kernel(self):
        """Shut the notebook's kernel down: what is left is what the file holds."""
        self.page.evaluate("() => window.courseTest.panel().sessionContext.shutdown()")

    # -- looking ----------------------------------------------------------------------------------------------------

    def theme(self, name):
        """"dark" or "light"."""
        paper = "getComputedStyle(document.body).getPropertyValue('--jp-layout-color0')"
        before = self.page.evaluate(f"() => [document.body.dataset.jpThemeLight, {paper}]")
        light = str(name == "light").lower()
        if before[0] != light:
            self.page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})",
                               f"JupyterLab {name.title()}")
            self.page.wait_for_function(f"was => document.body.dataset.jpThemeLight !== was[0] && {paper} !== was[1]",
                                        arg=before)
            self.page.wait_for_timeout(300)

    def size(self, width, height=1000):
        """Make the window as wide and high as that, in pixels."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.wait_for_timeout(400)

    def looks(self):
        """Each way a reader may have the page: dark and light, 900 and 1400 pixels wide."""
        for theme in ("dark", "light"):
            self.theme(theme)
            for width in (900, 1400):
                self.size(width)
                yield theme, width

    def shot(self, path, cell=None):
        """Save a picture of the window, or of one cell's output."""
        (self.page if cell is None else self.out(cell)).screenshot(path=str(path))

    def faults(self) -> list[str]:
        """Everything that went wrong since the page was made, in words; [] is what a test wants."""
        cells = self.page.evaluate("() => window.courseTest ? window.courseTest.errors() : []")
        return [*cells, *self.errors, *(f"left the machine: {url}" for url in self.outside)]

    def close(self):
        """Close the page, and end the kernels that it left."""
        self.context.close()
        for session in self.server.ask("GET", "api/sessions"):
            self.server.ask("DELETE", f"api/sessions/{session['id']}")

