# Needs Python 3.11 or newer, and a network once: .ci/environment.py installs all else into build/venv.
# Name another interpreter with `make lab PYTHON=/path/to/python3`.

PYTHON ?=
VENV := build/venv
READY := $(VENV)/ready
RUN := $(VENV)/bin/python

# ONLY=04 takes lecture 04 alone, and so does ONLY=04-backpropagation.
NAMED = $(strip $(ONLY))
NOTEBOOKS = $(if $(ONLY),$(wildcard notebooks/$(NAMED)-*.ipynb notebooks/$(NAMED).ipynb),notebooks/*.ipynb)
SOLVED = $(wildcard $(subst notebooks/,notebooks/solutions/,$(NOTEBOOKS)))
ifneq ($(ONLY),)
  ifneq ($(filter-out check slides handout pdf student exercises execute,$(MAKECMDGOALS)),)
    $(error ONLY is for check, slides, handout, pdf, student, exercises and execute, as in `make slides ONLY=04`; all else needs every lecture)
  endif
  ifeq ($(NOTEBOOKS),)
    $(error There is no lecture $(ONLY); there are $(sort $(patsubst notebooks/%.ipynb,%,$(wildcard notebooks/*.ipynb))))
  endif
endif

ifneq ($(filter-out yes no,$(SOLUTIONS)),)
  $(error SOLUTIONS is yes or no, as in `make site SOLUTIONS=no`; got $(SOLUTIONS))
endif

# A reader's own settings must not change what a notebook computes or draws.
unexport PYTHONHOME PYTHONPATH
# Or each process would compile all packages anew, a third of its start.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONNOUSERSITE := 1
export JUPYTER_PREFER_ENV_PATH := 1
export IPYTHONDIR := $(CURDIR)/build/ipython
export MPLCONFIGDIR := $(CURDIR)/build/matplotlib
export HYPOTHESIS_STORAGE_DIRECTORY := $(CURDIR)/build/hypothesis
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_PYTHON_DOWNLOADS := never
# As behind a university's proxy, which has certificates of its own.
export UV_SYSTEM_CERTS ?= 1

.PHONY: help lab test check matrix mutants slides handout pdf student site lite exercises sheets execute \
  pictures rivals bench lock clean not-as-root $(READY)

help:  ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s%s\n", $$1, $$2}' Makefile
	@echo 'Add ONLY=04 for one lecture; THEME=dark, BRAND=my.toml, SOLUTIONS=no for pages: see README.md.'

# JupyterLab takes more options by LAB_OPTIONS="--no-browser --port=9999".
lab: not-as-root $(READY)  ## open the lectures in JupyterLab
	$(RUN) -m jupyterlab --ip=localhost $(LAB_OPTIONS) notebooks/00-overview.ipynb

not-as-root:
	@$(if $(findstring --allow-root,$(LAB_OPTIONS)),,test "`id -u`" != 0 || $(call fail,$(AS_ROOT)))
AS_ROOT = JupyterLab does not run as root: be an ordinary user$(comma) or say make lab LAB_OPTIONS=--allow-root

# Each process gets whole files; more threads for NumPy would only be in each other's way. Some of
# scikit-learn's checks of an estimator ask SciPy to be told of them before it starts.
PYTEST = TQDM_DISABLE=1 SCIPY_ARRAY_API=1 OPENBLAS_NUM_THREADS=1 $(RUN) -m pytest \
  --numprocesses=logical --maxprocesses=4 --dist=loadfile --no-loadscope-reorder

test: $(READY)  ## check the code and every number printed in the notebooks
	$(PYTEST) -m "not elsewhere"

check: $(READY)  ## the same in half the time, without slides and set-up; ONLY=04 checks one lecture
	$(PYTEST) -m "not browser and not elsewhere" \
	  $(patsubst %,--ignore=tests/test_%.py,decks fonts publish setup) \
	  $(if $(ONLY),-k $(basename $(notdir $(firstword $(NOTEBOOKS)))))

# ROWS="lowest c-locale" takes these two rows, ROWS=quick the four that find most.
matrix: $(READY)  ## run the tests on other Pythons, with other packages, in other places
	$(RUN) tests/matrix.py $(ROWS)

# WORDS="prose formulas" takes the faults whose kind or file holds one of these words.
mutants: rivals  ## plant known faults one by one, and tell which of them no test notices
	$(RUN) tests/mutants.py $(WORDS)

# Each goes to build/ under its own name; THEME=dark gives light letters on dark ground, SOLUTIONS=no
# notes in which the solutions of the tasks are held back, BRAND=my.toml a name and colours of yours.
slides handout pdf student site: $(READY)
	$(RUN) -m lecture_utils.publish $@ $(NOTEBOOKS) --strict --to build/$@ --theme $(or $(THEME),light) \
	  $(if $(filter no,$(SOLUTIONS)),--without-solutions) $(if $(BRAND),--brand "$(BRAND)") \
	  $(if $(filter site,$@),$(patsubst %/jupyter-lite.json,--lite %,$(wildcard build/lite/jupyter-lite.json)))
slides:  ## render the lectures as slides, one HTML file each
handout:  ## render the lectures as notes to read, one HTML file each
pdf:  ## print slides and notes as PDF
student:  ## make the notebooks for students: not yet run, without notes to the lecturer
site:  ## make a folder to put on the web: slides, notes, notebooks and PDF

# PYODIDE=/path/to/it puts a Pyodide of yours into the site, which then asks no other.
lite: $(READY)  ## make a folder to put on the web, in which the lectures run without installation
	$(RUN) .ci/lite.py $(NOTEBOOKS) --to build/lite $(if $(PYODIDE),--pyodide "$(PYODIDE)")

exercises: $(READY)  ## make the exercises to hand out, the solutions, and what nbgrader marks with
	@$(if $(SOLVED),,$(call fail,There are no exercises of $(ONLY).))
	$(RUN) -m lecture_utils.publish exercises $(SOLVED) --to build/exercises

sheets: $(READY)  ## make sheets with numbers for each student, and their solutions; SEED=2027 N=30
	$(RUN) -m lecture_utils.publish.sheets --seed $(or $(SEED),1) -n $(or $(N),30) --to build/sheets

execute: $(READY)  ## run all notebooks again, save their outputs, and make the blank exercises
	$(RUN) -m lecture_utils.execute --sanitize-with tests/nbval_sanitize.cfg $(NOTEBOOKS) $(SOLVED)
	$(if $(SOLVED),$(RUN) -m lecture_utils.publish blanks $(SOLVED) --to notebooks/exercises)

pictures: $(READY)  ## take the pictures of the README again
	$(RUN) tests/readme_pictures.py

# Not in the lock, since for some systems PyTorch brings gigabytes that no reader needs.
rivals: $(READY)  ## install PyTorch and micrograd, which tests and bench compare with
	$(RUN) -m pip install --quiet --root-user-action ignore torch==2.13.0 micrograd==0.1.0

bench: $(READY)  ## measure the speed, and how far numbers range by seed
	$(RUN) tests/bench.py
	$(RUN) tests/bench_training.py
	$(RUN) tests/bench_slides.py
	$(RUN) tests/bench_seeds.py

# Pins that still fit are kept; remove requirements.lock first to renew them all.
# It has an environment of its own, so that it works when the old lock does not.
lock:  ## pin the packages that pyproject.toml asks for
	@$(find_python) && "$$python" -m venv --clear build/lock
	build/lock/bin/python -m pip install uv
	build/lock/bin/python -m uv pip compile pyproject.toml \
	  --group lab --group test \
	  --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	  --no-emit-package lecture-utils --no-header --no-emit-index-url --no-emit-find-links --quiet \
	  --output-file requirements.lock

clean:  ## remove everything that was made, the environment too
	rm -rf build
	test ! -L .venv || rm .venv
	find . -name .git -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \
	  -o -name .pytest_cache -o -name .hypothesis \) -prune -exec rm -rf {} +

.DEFAULT:
	@$(call fail,There is no make $@; make help lists what there is.)

$(READY):
	@$(find_python) && "$$python" .ci/environment.py

comma := ,
fail = { echo "Error: $(1)" >&2; exit 1; }

# Sets $$python to the one that is named, or else to the first that is new enough.
define find_python
python=; seen=; \
for p in $(if $(PYTHON),"$(PYTHON)",$(wildcard $(RUN)) python3 python3.14 python3.13 python3.12 python3.11); do \
  v=`"$$p" -c 'import platform, sys; print(platform.python_version()); sys.exit(sys.version_info < (3, 11))' 2>/dev/null` \
    && python=$$p && break; \
  seen="$$seen $$p is $${v:-missing},"; \
done; \
test "$$python" || $(call fail,Python 3.11 or newer is needed;$$seen so install one or name it with PYTHON=/path/to/python3.)
endef
