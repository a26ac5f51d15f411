"""Plants known faults one by one, and tells for which of them no test turns red.

``python tests/mutants.py [WORD ...]`` takes those whose kind or file holds one of the words.
The faults are in mutants.toml: what stands where, what is put in its place, and the tests that
must then fail.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from tqdm import tqdm

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build/mutants"
FAILED = 1    # the exit status of pytest when tests ran and some failed; others tell of no fault


@dataclass(frozen=True)
class Fault:
    """A fault to be planted.

    Attributes
    ----------
    kind : str
        What is wrong with it, in a word or two.
    file : str
        Where it is planted, from the folder of the project.
    old, new : str
        What stands there, once, and what takes its place.
    red : list of str
        What pytest is called with: the tests of which at least one must fail.
    cell : str, optional
        In a notebook, the id of the cell, whose source is changed.
    """

    kind: str
    file: str
    old: str
    new: str
    red: list
    cell: str = ""

    def plant(self, folder):
        """Change the file in a copy of the project; refuse what does not stand there once."""
        path = folder / self.file
        text = path.read_text(encoding="utf-8")
        if self.cell:
            notebook = json.loads(text)
            (cell,) = [cell for cell in notebook["cells"] if cell["id"] == self.cell]
            cell["source"] = self._changed("".join(cell["source"])).splitlines(keepends=True)
            path.write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")
        else:
            path.write_text(self._changed(text), encoding="utf-8")

    def _changed(self, text):
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name()}: found {text.count(self.old)} times, expected once")
        return text.replace(self.old, self.new)

    def name(self):
        """Return the place and the change in a line."""
        lines = [(text.strip().splitlines() or [""])[0] for text in (self.old, self.new)]
        return f"{self.file} {self.cell}: {lines[0][:60]!r} → {lines[1][:60]!r}"


def faults():
    """Return all faults of the list."""
    listed = tomllib.loads((Path(__file__).parent / "mutants.toml").read_text(encoding="utf-8"))
    return [Fault(**entry) for entry in listed["fault"]]


def copy_project(folder):
    """Copy the files of the repository, as they are now, to an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    names = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")
    for name in filter(None, names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)


def run_tests(folder, selected):
    """Return the exit status of pytest in a copy of the project, and what it said."""
    changes = {"PYTHONPATH": str(folder), "TQDM_DISABLE": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "--color=no", *selected], cwd=folder,
        env=os.environ | changes, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    return done.returncode, done.stdout


def survivor(fault, folders):
    """Plant a fault in one of the copies, and return why it counts as unnoticed, or None."""
    folder = folders.get()
    try:
        fault.plant(folder)
        status, said = run_tests(folder, fault.red)
        shutil.copy2(ROOT / fault.file, folder / fault.file)
    except ValueError as error:
        return str(error)
    finally:
        folders.put(folder)
    if status == FAILED:
        return None
    last = said.strip().splitlines()[-1] if said.strip() else ""
    return f"{fault.name()}: {' '.join(fault.red)} ended with {status}: {last}"


def main():
    """Plant all faults that are asked for; return 1 if one goes unnoticed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", metavar="WORD", help="of a kind or a file")
    words = parser.parse_args().words
    asked = [
        fault for fault in faults()
        if not words or any(word in fault.kind or word in fault.file for word in words)
    ]
    if not asked:
        parser.error(f"no fault has {' or '.join(words)} in its kind or file")
    folders = Queue()
    for number in range(os.cpu_count()):
        copy_project(FOLDER / str(number))
        folders.put(FOLDER / str(number))
    selected = sorted({test for fault in asked for test in fault.red})
    status, said = run_tests(FOLDER / "0", selected)
    if status != 0:
        print(said, "Error: without a fault these tests must be green.", sep="\n", file=sys.stderr)
        return 1
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [*tqdm(pool.map(lambda fault: survivor(fault, folders), asked), total=len(asked))]
    planted, left = Counter(fault.kind for fault in asked), Counter()
    for fault, words in zip(asked, found):
        left[fault.kind] += words is not None
    print(*filter(None, found), sep="\n")
    for kind, n in planted.items():
        print(f"{kind:24} {n - left[kind]:3} of {n:3} noticed")
    print(f"{'all':24} {len(asked) - left.total():3} of {len(asked):3} noticed")
    return 1 if left.total() else 0


if __name__ == "__main__":
    sys.exit(main())
