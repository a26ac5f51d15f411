"""Plants known faults one by one, and tells for which of them no test turns red.

``python tests/mutants.py [WORD ...]`` takes those whose kind or file holds one of the words; those
of the hub, which need npm and the network, only so.
The faults are in mutants.toml: what stands where, what is put in its place, and the tests that
must then fail. They are planted in copies of the project, one for each core.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from tqdm import tqdm

from lecture_utils.execute import as_text, read_notebook

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build/mutants"
LIST = ROOT / "tests/mutants.toml"
FAILED = 1    # the exit status of pytest when tests ran and some failed; others tell of no fault
SECONDS = 600    # for the tests of one fault, with which a loop may have no end


class StaleError(ValueError):
    """What a fault is to change does not stand there once; the message says which."""


@dataclass(frozen=True)
class Fault:
    """A fault to be planted.

    Attributes
    ----------
    kind : str
        What is wrong with it, from the large to the small: "code: training".
    file : str
        Where it is planted, from the folder of the project.
    red : list of str
        What pytest is called with: the tests of which at least one must fail.
    old, new : str
        What stands there, once, and what takes its place.
    cell : str
        In a notebook, the id of the cell whose source is changed.
    with_words : bool
        Whether the words that the cell's `values` bind change too, as in a careful edit.
    if_asked : bool
        Whether it is planted only if a word is given: its tests need more than others.
    """

    kind: str
    file: str
    red: list
    old: str
    new: str
    cell: str = ""
    with_words: bool = False
    if_asked: bool = False

    def __str__(self):
        """Return the place and the change in a line."""
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        return f"{' '.join([self.file, self.cell]).strip()}: {old[:60]!r} → {new[:60]!r}"

    def planted(self, folder):
        """Return the text of the file with the fault; `folder` has the project."""
        path = folder / self.file
        if not self.cell:
            return self._changed(path.read_text(encoding="utf-8"))
        _, notebook = read_notebook(path)
        cells = [cell for cell in notebook["cells"] if cell["id"] == self.cell]
        if not cells:
            raise StaleError(f"{self}: there is no such cell")
        cells[0]["source"] = self._changed("".join(cells[0]["source"]))
        if self.with_words:
            pairs = [p for p in cells[0]["metadata"].get("values", []) if self.old in p[0]]
            if not pairs:
                raise StaleError(f"{self}: no bound words hold it")
            for pair in pairs:
                pair[0] = pair[0].replace(self.old, self.new)
        return as_text(notebook)

    def _changed(self, text):
        if text.count(self.old) != 1:
            raise StaleError(f"{self}: found {text.count(self.old)} times, expected once")
        return text.replace(self.old, self.new)


def read_faults(path):
    """Return all faults of the list: each group gives what its faults have in common."""
    groups = tomllib.loads(path.read_text(encoding="utf-8"))["group"]
    return [
        Fault(**group, old=old, new=new, cell="".join(cell))
        for group in groups for *cell, old, new in group.pop("faults")
    ]


def copy_project(folder):
    """Copy the files of the repository, as they are now, to an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    names = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")
    for name in filter(None, names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)


def run_tests(folder, *arguments, timeout=None):
    """Run pytest in a copy of the project; return its exit status, and what it said."""
    changes = {"PYTHONPATH": str(folder), "TQDM_DISABLE": "1", "OPENBLAS_NUM_THREADS": "1"}
    changes |= {"REQUIRE_BROWSER": "1", "REQUIRE_RIVALS": "1"}    # what is skipped notices nothing
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "--color=no", *arguments], cwd=folder,
        env=os.environ | changes, timeout=timeout,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    return done.returncode, done.stdout


def why_unnoticed(fault, folder):
    """Plant a fault in a copy of the project; return why it counts as unnoticed, or ""."""
    path, status, said = folder / fault.file, "no end", ""
    path.write_text(fault.planted(folder), encoding="utf-8")
    with suppress(subprocess.TimeoutExpired):
        status, said = run_tests(folder, *fault.red, timeout=SECONDS)
    shutil.copy2(ROOT / fault.file, path)
    last = "".join(said.strip().splitlines()[-1:])
    return "" if status == FAILED else f"{fault}: {' '.join(fault.red)} gave {status}: {last}"


def stale(faults):
    """Return what can't be planted, a line for each."""
    found = []
    for fault in faults:
        try:
            fault.planted(ROOT)
        except (StaleError, OSError) as error:
            found.append(f"Stale: {error}")
    return found


def plant_all(faults, folders):
    """Return for each fault why it counts as unnoticed, or ""; each folder is used by one."""
    free = Queue()
    for folder in folders:
        free.put(folder)

    def plant(fault):
        folder = free.get()
        try:
            return why_unnoticed(fault, folder)
        finally:
            free.put(folder)

    with ThreadPoolExecutor(len(folders)) as pool:
        return [*tqdm(pool.map(plant, faults), "Planting", len(faults), unit=" fault")]


def main(arguments=None):
    """Plant all faults that are asked for; return 1 if one is stale or goes unnoticed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", metavar="WORD", help="of a kind or a file")
    words = parser.parse_args(arguments).words
    faults = [
        fault for fault in read_faults(LIST)
        if any(word in fault.kind or word in fault.file for word in words)
        or not (words or fault.if_asked)
    ]
    if not faults:
        parser.error(f"no fault has {' or '.join(words)} in its kind or file")
    if told := stale(faults):
        print(*told, f"Error: mend these in {LIST.name}.", sep="\n", file=sys.stderr)
        return 1
    folders = [FOLDER / str(number) for number in range(os.cpu_count())]
    for folder in folders:
        copy_project(folder)
    # From the end, so that tests/ and its conftest.py come before notebooks/.
    selected = sorted({test for fault in faults for test in fault.red}, reverse=True)
    status, said = run_tests(folders[0], "--numprocesses=logical", "--dist=loadfile", *selected)
    if status != 0:
        print(said, "Error: without a fault these tests must pass.", sep="\n", file=sys.stderr)
        return 1
    found = plant_all(faults, folders)
    planted = Counter(fault.kind for fault in faults)
    noticed = Counter(fault.kind for fault, why in zip(faults, found) if not why)
    print(*(f"Unnoticed: {why}" for why in found if why), sep="\n")
    for kind, n in [*planted.items(), ("all", len(faults))]:
        count = noticed.total() if kind == "all" else noticed[kind]
        print(f"{kind:24} {count:3} of {n:3} noticed")
    return int(any(found))


if __name__ == "__main__":
    sys.exit(main())
