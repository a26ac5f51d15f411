"""Measures how long slides take to be made, how soon they are ready, how large they are, and how
soon their figures to play with answer.

They are compared with the slides that nbconvert makes by itself, with reveal.js and MathJax served
by this computer. These are spared what else they load: jQuery, require.js and mermaid.
"""

import re
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from time import perf_counter

import pandas as pd
from nbconvert.exporters import SlidesExporter
from tqdm import tqdm

from lecture_utils.publish.chromium import HOST, NoBrowser, open_chromium
from lecture_utils.publish.outline import read_lecture

HEADERS = ["lecture", "slides ready", "nbconvert's", "ratio", "bar", "met", "size", "bar", "met"]
ANSWERS = ["lecture", "figure", "answers in", "9 of 10", "bar", "met"]
MOST_ANSWER = 50    # milliseconds
ROUNDS, MOST_RATIO, MOST_MB, MOST_SECONDS, MOST_EACH = 5, 0.5, 3, 25, 4
NOTEBOOKS = [p for p in sorted(Path("notebooks").glob("*.ipynb")) if read_lecture(p).has_slides]

# In place of the loaders that the template of nbconvert expects.
STARTER = """<script>
const read = url => new Promise(done => {
  const script = document.createElement("script");
  script.onload = done;
  script.src = url;
  document.head.append(script);
});
window.$ = () => ({});
window.require = async (_, [deck, notes], start) => {
  await Promise.all([read(deck), read("/dist/plugin/notes.js")]);
  start(Reveal, RevealNotes);
};
window.MathJax = {tex: {inlineMath: [["$", "$"]]}};
</script>
<script src="/es5/tex-chtml-full.js"></script>"""
# Then the first slide and all formulas are there.
OURS = "window.deck?.isReady() && document.fonts.status === 'loaded'"
THEIRS = "window.mathsReady && window.Reveal?.isReady?.()"
# Milliseconds from a move of each slider to the moment in which the new picture is painted.
ANSWER = """async (figure) => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const times = [], { h, v } = deck.getIndices(figure.closest("section"));
  deck.slide(h, v, 99);
  await frame();
  for (const range of figure.closest(".playing").querySelectorAll("[type=range]"))
    for (let k = 0; k < 20; k++) {
      const start = performance.now();
      range.value = Number(range.min) + (k / 20) * (range.max - range.min);
      range.dispatchEvent(new Event("input", { bubbles: true }));
      await frame();
      times.push(performance.now() - start);
    }
  return [JSON.parse(figure.dataset.player).kind, times.sort((a, b) => a - b)];
}"""
TELL = "addEventListener('load', () => MathJax.startup.promise.then(() => { mathsReady = true }))"


def main():
    with TemporaryDirectory() as own:
        folder = Path(own)
        build_row = built(folder)
        write_usual_slides(folder)
        with served(folder) as address, open_chromium() as browser:
            bar = tqdm(total=ROUNDS * len(NOTEBOOKS), unit="round")
            rows = [lecture_row(browser, address, path.stem, folder, bar) for path in NOTEBOOKS]
            bar.close()
            answers = [row for path in NOTEBOOKS for row in answer_rows(browser, path.stem, folder)]
    print(f"Medians of {ROUNDS} rounds in which both are opened in turn.", end="\n\n")
    print(pd.DataFrame(rows, columns=HEADERS).to_string(index=False), build_row, sep="\n\n")
    print("", pd.DataFrame(answers, columns=ANSWERS).to_string(index=False), sep="\n")


def built(folder):
    """Make the slides of all lectures, and of the first alone; return a sentence on the time."""
    seconds = []
    for paths in (NOTEBOOKS[:1], NOTEBOOKS):
        start = perf_counter()
        command = [sys.executable, "-m", "lecture_utils.publish", "slides", *paths]
        subprocess.run([*command, "--to", folder], check=True, stderr=subprocess.DEVNULL)
        seconds.append(perf_counter() - start)
    one, all_of_them = seconds
    each = (all_of_them - one) / (len(NOTEBOOKS) - 1)
    met = ["yes" if a <= b else "NO" for a, b in ((all_of_them, MOST_SECONDS), (each, MOST_EACH))]
    return (
        f"All lectures made in {all_of_them:.1f} s (at most {MOST_SECONDS}: {met[0]}), each after"
        f" the first in {each:.1f} s on average (at most {MOST_EACH}: {met[1]})."
    )


def write_usual_slides(folder):
    """Write the slides of nbconvert itself, which load from where they are served."""
    exporter = SlidesExporter(
        reveal_url_prefix=".", reveal_theme="white", require_js_url="data:,", jquery_url="data:,"
    )
    for path in NOTEBOOKS:
        html, _ = exporter.from_filename(str(path))
        begin, _, rest = html.partition("<!-- Load mathjax -->")
        _, _, end = rest.partition("<!-- End of mathjax configuration -->")
        html = begin + STARTER + f"<script>{TELL}</script>" + end
        page = html.replace(exporter.mermaid_js_url, "/no-mermaid.mjs")
        if re.search("https://(cdnjs|unpkg)", page) or begin == html:
            sys.exit("Wrong: the usual slides would load from the network")
        (folder / f"{path.stem}.html").write_text(page, encoding="utf-8")
    (folder / "no-mermaid.mjs").write_text("export default {initialize() {}}")
    (folder / "dist").symlink_to(files("pyreveal") / "revealjs/dist")
    (folder / "es5").symlink_to(files("mathjax") / "static/mathjax/es5")


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and does not write a line about each."""

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    """A server that does not mind a page being closed while it loads."""

    def handle_error(self, *_):
        pass


@contextmanager
def served(folder):
    """Serve the files of a folder; yield the address."""
    server = Server((HOST, 0), partial(Quiet, directory=folder))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{HOST}:{server.server_port}"
    server.shutdown()


def lecture_row(browser, address, name, folder, bar):
    """Open both kinds of slides of a lecture in turn."""
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(ready(browser, (folder / f"{name}.slides.html").as_uri(), OURS))
        theirs.append(ready(browser, f"{address}/{name}.html", THEIRS))
        bar.update()
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    size = (folder / f"{name}.slides.html").stat().st_size / 1e6
    met = ["yes" if a <= b else "NO" for a, b in ((ratio, MOST_RATIO), (size, MOST_MB))]
    times = [f"{seconds:.2f} s" for seconds in map(median, (ours, theirs))]
    return [
        name, *times, f"{ratio:.2f}", f"at most {MOST_RATIO}", met[0],
        f"{size:.2f} MB", f"at most {MOST_MB}", met[1],
    ]


def answer_rows(browser, name, folder):
    """Yield for each figure to play with of a lecture how soon it answers."""
    with browser.new_page(viewport={"width": 1280, "height": 720}, bypass_csp=True) as page:
        page.goto((folder / f"{name}.slides.html").as_uri())
        page.wait_for_function(OURS)
        for figure in page.locator(".playing figure").all():
            kind, times = figure.evaluate(ANSWER)
            shown = [f"{times[int(share * len(times))]:.0f} ms" for share in (0.5, 0.9)]
            met = "yes" if median(times) <= MOST_ANSWER else "NO"
            yield [name, kind, *shown, f"at most {MOST_ANSWER} ms", met]


def ready(browser, url, condition):
    """Return the seconds from the request of a page to the moment in which it is ready."""
    # Playwright's own question would break the rules of the page.
    with browser.new_page(viewport={"width": 1280, "height": 720}, bypass_csp=True) as page:
        page.goto(url, wait_until="commit")
        page.wait_for_function(condition, polling=10)
        return page.evaluate("performance.now()") / 1000


if __name__ == "__main__":
    try:
        main()
    except NoBrowser as reason:
        sys.exit(f"Error: {reason}")
