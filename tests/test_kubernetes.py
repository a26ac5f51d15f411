"""The values for Kubernetes let nobody in as they stand, and their page tells what they come to.

The chart's own schema is not here: `helm template`, as docs/kubernetes.md has it, checks by that.
"""

import ast
import re
import subprocess
from fractions import Fraction
from math import ceil
from pathlib import Path

import pytest
import yaml

from lecture_utils import __version__

ROOT = Path(__file__).parents[1]
VALUES = yaml.safe_load((ROOT / ".binder/kubernetes.yaml").read_text())
STUDENT, HUB = VALUES["singleuser"], VALUES["hub"]["config"]
PAGE = (ROOT / "docs/kubernetes.md").read_text(encoding="utf-8")
PROSE = " ".join(PAGE.split())
ONE_MACHINE = (ROOT / ".binder/jupyterhub_config.py").read_text()

PLACEHOLDER = re.compile(r"[\w.@-]+\.example")    # a domain in which nothing can be
# A node, less what the page assumes that the system keeps of it.
CORES, MEMORY, PODS = 8 - Fraction(1, 2), 64 - 6, 110 - 10
# KubeSpawner counts in powers of 1024, as the disk's "Gi" does.
GIBIBYTES = {"M": Fraction(1, 1024), "G": 1, "Gi": 1}


def gibibytes(size):
    number, unit = re.fullmatch(r"(\d+)([MG]i?)", size).groups()
    return int(number) * GIBIBYTES[unit]


def exactly(number):
    """Return what a number of the values says, which 0.1 as a float does not."""
    return Fraction(str(number))


def measured(unit):
    """Return the numbers in the page's table of what was measured, top down."""
    return [int(number) for number in re.findall(rf"^\|.*\| (\d+) {unit} \|$", PAGE, re.MULTILINE)]


def holds():
    """Return how many students a node holds by its cores, its memory and its pods."""
    by_cores = CORES / exactly(STUDENT["cpu"]["guarantee"])
    return int(by_cores), int(MEMORY / gibibytes(STUDENT["memory"]["guarantee"])), PODS


def seconds_on_a_full_node():
    """Return how long all take to be in a notebook, and to run it, on what each is guaranteed.

    Measured were four at once on two cores.
    """
    return [seconds * Fraction(2, 4) / exactly(STUDENT["cpu"]["guarantee"])
            for seconds in measured("s")]


# What the page says


@pytest.mark.parametrize("students", [30, 300, 3000])
def test_the_page_tells_what_a_class_takes(students):
    free = VALUES["scheduling"]["userPlaceholder"]["replicas"]
    memory = STUDENT["memory"]
    row = [
        students, students * gibibytes(memory["guarantee"]), students * gibibytes(memory["limit"]),
        ceil(Fraction(students + free, min(holds()))),
        students * gibibytes(STUDENT["storage"]["capacity"]),
    ]  # fmt: skip
    assert "| {:,} | {:,} GiB | {:,} GiB | {:,} | {:,} GiB |".format(*map(int, row)) in PAGE
    assert f"for the {free} free places" in PROSE


def test_the_page_tells_what_a_node_holds_and_what_is_assumed():
    by_cores, by_memory, by_pods = holds()
    assert by_cores == min(holds())
    assert f"**A node holds {by_cores},** by its cores" in PROSE
    assert f"would do for {by_memory}, and Kubernetes' usual 110 pods for {by_pods}." in PROSE
    assert "nodes of 8 cores and 64 GiB" in PROSE
    assert "the system keeps half a core, 6 GiB and 10 pods" in PROSE


def test_the_page_tells_how_long_all_at_once_take():
    opened, run = seconds_on_a_full_node()
    assert f"in a notebook after {opened} s, and have run lecture 5 after {run} s" in PROSE
    assert "on a tenth of a core each" in PROSE and STUDENT["cpu"]["guarantee"] == 0.1


def test_the_page_names_one_version_of_the_chart_and_files_that_are_there():
    versions = re.findall(r"[Vv]ersion (\d\S+)", PROSE)
    assert len(versions) == 3 and len(set(versions)) == 1
    links = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert len(links) == 2 and all((ROOT / "docs" / link).is_file() for link in links)
    assert {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}.issuperset(
        re.findall(r"lab/tree/lectures/(\S+)", PAGE))


def test_the_command_for_the_version_finds_it():
    (line,) = re.findall(r"^    (VERSION=.*)$", PAGE, re.MULTILINE)
    run = subprocess.run(
        ["sh", "-c", f"{line}; echo $VERSION"], cwd=ROOT, capture_output=True, text=True
    )
    assert run.stdout == f"{__version__}\n"


# What a student gets


def test_a_student_is_guaranteed_what_was_measured_and_may_take_more():
    spared = ast.literal_eval(re.search(r"^A_STUDENT = (\S+)", ONE_MACHINE, re.MULTILINE)[1])
    guarantee, limit = (gibibytes(STUDENT["memory"][key]) * 2**30 for key in ("guarantee", "limit"))
    assert len(measured("MB")) == 3
    assert max(measured("MB")) * 1e6 <= spared <= guarantee <= limit
    assert STUDENT["cpu"]["guarantee"] <= STUDENT["cpu"]["limit"]


def test_a_full_node_starts_its_students_before_the_hub_gives_up():
    opened, _ = seconds_on_a_full_node()
    assert min(STUDENT["startTimeout"], HUB["Spawner"]["http_timeout"]) >= opened


def test_a_student_meets_the_same_as_on_one_machine():
    (url,) = re.findall(r'c\.Spawner\.default_url = "(.*)"', ONE_MACHINE)
    (threads,) = re.findall(r'"OPENBLAS_NUM_THREADS": ("\d")', ONE_MACHINE)
    (idle,) = re.findall(r"--timeout=(\d+)", ONE_MACHINE)
    assert STUDENT["defaultUrl"] == url
    assert STUDENT["extraEnv"] == {"OPENBLAS_NUM_THREADS": ast.literal_eval(threads)}
    assert VALUES["cull"] == {"enabled": True, "timeout": int(idle)}


def test_the_image_has_the_version_of_the_package():
    assert STUDENT["image"]["tag"] == __version__


# As it stands


def test_each_address_is_one_where_nothing_is():
    oauth = HUB["GenericOAuthenticator"]
    https = VALUES["proxy"]["https"]
    named = [
        STUDENT["image"]["name"].partition("/")[0], STUDENT["storage"]["dynamic"]["storageClass"],
        *https["hosts"], https["letsencrypt"]["contactEmail"], oauth["client_id"],
    ]  # fmt: skip
    assert all(map(PLACEHOLDER.fullmatch, named))
    urls = [value for key, value in oauth.items() if key.endswith("_url")]
    assert len(urls) == 4
    assert all(re.fullmatch(rf"https://{PLACEHOLDER.pattern}/\S+", url) for url in urls)


def test_only_the_login_of_the_university_lets_anybody_in_and_no_secret_is_here():
    assert HUB.keys() == {"JupyterHub", "GenericOAuthenticator", "Spawner"}
    assert HUB["JupyterHub"] == {"authenticator_class": "generic-oauth"}
    assert VALUES["proxy"]["https"]["enabled"] is True
    assert not re.search("password|secret|token:", yaml.safe_dump(VALUES))


def test_students_do_not_reach_each_other_nor_wait_for_an_image_or_a_node():
    assert STUDENT["networkPolicy"] == {"enabled": True}
    assert VALUES["prePuller"] == {"hook": {"enabled": True}, "continuous": {"enabled": True}}
    # Without the priority, placeholders would keep their places from students.
    assert VALUES["scheduling"]["podPriority"] == {"enabled": True}
    assert VALUES["scheduling"]["userScheduler"] == {"enabled": True}
