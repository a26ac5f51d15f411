"""Opens notebooks in a real JupyterLab and a page of the Chromium of this computer."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

import nbformat

from lecture_utils.publish.chromium import AS_ROOT, HOST

SECONDS = 300    # for all that takes its time, and much more of it on a busy computer

# Changes to JupyterLab's settings: nothing that pops up, and all cells in the page at once.
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}

OPEN = """async path => {
  const panel = await jupyterapp.commands.execute("docmanager:open", {path});
  await panel.context.ready;
  await panel.revealed;
  await panel.sessionContext.ready;
  return true;
}"""
RUN_ALL = """async () => {
  await jupyterapp.commands.execute("notebook:clear-all-cell-outputs");
  await jupyterapp.commands.execute("notebook:run-all-cells");
  return true;
}"""
KEEP = """n => {
  const model = jupyterapp.shell.currentWidget.content.model;
  model.sharedModel.deleteCellRange(n, model.cells.length);
}"""
# The menu asks for them when the first notebook is opened, and lacks them if it is open itself.
FORMATS = """async () => {
  await jupyterapp.serviceManager.nbconvert.getExportFormats();
  return true;
}"""
CLOSE = """async () => {
  const panel = jupyterapp.shell.currentWidget;
  await panel.sessionContext.shutdown();
  panel.dispose();
  return true;
}"""
# Each picture is drawn once more, small, to see what its pixels are.
PICTURES = """async () => {
  const found = [];
  const context = new OffscreenCanvas(90, 60).getContext("2d", {willReadFrequently: true});
  for (const [place, cell] of jupyterapp.shell.currentWidget.content.widgets.entries()) {
    for (const node of cell.node.querySelectorAll(".jp-OutputArea-output :is(img, svg)")) {
      const image = new Image();
      const text = encodeURIComponent(new XMLSerializer().serializeToString(node));
      image.src = node.tagName === "IMG" ? node.src : "data:image/svg+xml," + text;
      await image.decode();
      context.clearRect(0, 0, 90, 60);
      context.drawImage(image, -1, -1, 92, 62);  // its edges may be blurred
      const pixels = context.getImageData(0, 0, 90, 60).data;
      const {width, height} = node.getBoundingClientRect();
      found.push({
        place, width, height,
        told: node.alt ?? [...node.querySelectorAll("title, desc")].map(t => t.innerHTML).join(" "),
        is_shown: node.checkVisibility({opacityProperty: true, visibilityProperty: true}),
        is_opaque: pixels.every((value, i) => i % 4 < 3 || value === 255),
        n_colours: new Set(new Uint32Array(pixels.buffer)).size,
      });
    }
  }
  return found;
}"""

WINDOWS = ((1280, 720), (1366, 768), (1920, 1080))    # a projector, a small and a large laptop
HAS_SIZE = """async ([width, height]) => {
  const drawn = () => new Promise(requestAnimationFrame);
  await drawn();
  await drawn();
  return innerWidth === width && innerHeight === height;
}"""
PLACES = """() => {
  const faults = [];
  const {node, content} = jupyterapp.shell.currentWidget;
  const height = node.querySelector(".jp-WindowedPanel-outer").clientHeight;
  for (const [place, cell] of content.widgets.entries()) {
    const above = content.widgets[Math.max(0, place - 1)].node.getBoundingClientRect();
    for (const output of cell.node.querySelectorAll(".jp-OutputArea-output")) {
      const {right} = output.getBoundingClientRect();
      if (output.scrollWidth > output.clientWidth)
        faults.push(`cell ${place + 1} scrolls sideways`);
      for (const picture of output.querySelectorAll("img, svg[role=img]")) {
        const box = picture.getBoundingClientRect();
        if (box.right > right + 1) faults.push(`cell ${place + 1} has a picture that is cut off`);
        if (box.bottom - above.top > height)
          faults.push(`cell ${place + 1} has a picture that is not in sight with what is above`);
      }
    }
  }
  return faults;
}"""


@contextmanager
def serve_lab(folder):
    """Serve copies of notebooks by a JupyterLab that keeps all it writes within `folder`.

    Yields
    ------
    str
        The address, with the token that opens it.
    """
    for name, values in SETTINGS.items():
        path = folder / f"settings/@jupyterlab/{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    environment = os.environ | {key: str(folder / name) for key, name in own.items()}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--ip={HOST}", "--port=0"]
    command += ["--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={folder / 'root'}"]
    command += ["--allow-root"] if AS_ROOT else []
    with open(folder / "log", "w", encoding="utf-8") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield _address(server, folder)
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _address(server, folder):
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        for path in (folder / "runtime").glob("jpserver-*.json"):
            if path.read_text().endswith("}"):    # has been written to its end
                told = json.loads(path.read_text())
                return f"{told['url']}lab?token={told['token']}"
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab does not start:\n{(folder / 'log').read_text()}")


def wait_until(page, is_so):
    """Wait for what the events of a page tell, or until `SECONDS` have gone by."""
    deadline = time.monotonic() + SECONDS
    while not is_so() and time.monotonic() < deadline:
        page.wait_for_timeout(50)    # meanwhile events come in


class Lab:
    """JupyterLab in a page of a browser.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
    folder : pathlib.Path
        Where its notebooks are, in `root`.
    address : str

    Attributes
    ----------
    page : playwright.sync_api.Page
    faults : list of str
        Errors in the console, errors that nothing caught, and requests to another host.
    """

    def __init__(self, browser, folder, address):
        self.folder = folder
        self.faults = []
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, service_workers="block"
        )
        context.on("console", self._on_message)
        context.on("weberror", lambda event: self.faults.append(f"error: {event.error}"))
        context.on("request", lambda request: self._on_request(request.url))
        context.set_default_timeout(1000 * SECONDS)
        self.page = context.new_page()
        self.page.on("websocket", lambda socket: self._on_request(socket.url))
        self.go(address)

    def go(self, address):
        """Go to an address that leads to JupyterLab, and wait until it is there."""
        self.page.goto(address)
        self._wait("window.jupyterapp")
        self._wait("async () => { await jupyterapp.restored; return true }")

    def _on_message(self, message):
        if message.type == "error":
            self.faults.append(f"console: {message.text}")

    def _on_request(self, url):
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).hostname != HOST:
            self.faults.append(f"request: {url}")

    def _wait(self, function, argument=None):
        self.page.wait_for_function(function, arg=argument)

    def write(self, name, *sources):
        """Write a notebook of these code cells, and open it."""
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        metadata = {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
        nbformat.write(notebook, self.folder / "root" / name)
        self.open(name)

    def open(self, name):
        """Open a notebook, and wait for its kernel."""
        self._wait(OPEN, name)

    def run_all(self):
        """Clear all outputs, run all cells, and return the notebook that the page then holds."""
        self._wait(RUN_ALL)
        return self.notebook()

    def keep(self, n_cells):
        """Remove all cells but the first ones from the page."""
        self.page.evaluate(KEEP, n_cells)

    def wait_for_formats(self):
        """Wait until the menu has all that a notebook can be exported to."""
        self._wait(FORMATS)

    def notebook(self):
        """Return the open notebook as the page holds it."""
        model = "jupyterapp.shell.currentWidget.context.model"
        return json.loads(self.page.evaluate(f"JSON.stringify({model})"))

    def pictures(self):
        """Return what can be seen of the pictures in the open notebook's outputs.

        Returns
        -------
        list of dict
            The place of the cell, from 0, width and height in px, what the picture tells a screen
            reader, whether it is shown, how many colours it has, and whether it is opaque
            everywhere.
        """
        return self.page.evaluate(PICTURES)

    def faults_of_places(self):
        """Return in words what is cut off, or can't be seen together, in windows of usual sizes.

        A lecture is read one screen after the other: a figure has to be in sight together with
        the cell before it, to which it belongs.
        """
        faults = []
        for width, height in WINDOWS:
            self.page.set_viewport_size({"width": width, "height": height})
            self._wait(HAS_SIZE, [width, height])
            faults += [f"{fault} at {width} x {height}" for fault in self.page.evaluate(PLACES)]
        return faults

    def is_changed(self):
        """Return whether JupyterLab would ask to save the open notebook."""
        return self.page.evaluate("jupyterapp.shell.currentWidget.context.model.dirty")

    def use_theme(self, name):
        """Change the colours of the page, "JupyterLab Light" or "JupyterLab Dark"."""
        change = "theme => jupyterapp.commands.execute('apputils:change-theme', {theme})"
        self.page.evaluate(change, name)
        self._wait("name => document.body.dataset.jpThemeName === name", name)
        self._wait("!document.getElementById('jupyterlab-splash')")    # covers the page meanwhile

    def catch_up(self):
        """Hear of all faults so far: what nothing caught is told with the answer to a question."""
        self.page.evaluate("new Promise(done => setTimeout(() => done(true)))")

    def close(self):
        """Close the open notebook, and stop its kernel."""
        self._wait(CLOSE)
        self.catch_up()
