# Needs Python 3.11 or newer and a network; all else is installed into build/venv.
# Name another interpreter with `make lab PYTHON=/path/to/python3`.

PYTHON ?=
VENV := build/venv
READY := $(VENV)/ready
RUN := $(VENV)/bin/python

# ONLY=04 takes lecture 04 alone, and so does ONLY=04-backpropagation.
NAMED = $(strip $(ONLY))
NOTEBOOKS = $(if $(ONLY),$(wildcard notebooks/$(NAMED)-*.ipynb notebooks/$(NAMED).ipynb),notebooks/*.ipynb)
ifneq ($(ONLY),)
  ifneq ($(filter-out slides handout pdf execute,$(MAKECMDGOALS)),)
    $(error ONLY is for slides, handout, pdf and execute, as in `make slides ONLY=04`; all else needs every lecture)
  endif
  ifeq ($(NOTEBOOKS),)
    $(error There is no lecture $(ONLY); there are $(sort $(patsubst notebooks/%.ipynb,%,$(wildcard notebooks/*.ipynb))))
  endif
endif

# A reader's own settings must not change what a notebook computes or draws.
unexport PYTHONHOME PYTHONPATH
export PYTHONNOUSERSITE := 1
export JUPYTER_PREFER_ENV_PATH := 1
export IPYTHONDIR := $(CURDIR)/build/ipython
export MPLCONFIGDIR := $(CURDIR)/build/matplotlib
export HYPOTHESIS_STORAGE_DIRECTORY := $(CURDIR)/build/hypothesis
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_PYTHON_DOWNLOADS := never

.DELETE_ON_ERROR:
.PHONY: help lab test matrix slides handout pdf site execute pictures rivals bench lock clean always

help:  ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s%s\n", $$1, $$2}' Makefile

lab: $(READY)  ## open the lectures in JupyterLab
	$(RUN) -m jupyterlab --ip=localhost notebooks/00-overview.ipynb

test: $(READY)  ## check the code and every number printed in the notebooks
	TQDM_DISABLE=1 $(RUN) -m pytest

# ROWS="lowest c-locale" takes these two rows, ROWS=quick the three that find most.
matrix: $(READY)  ## run the tests on other Pythons, with other packages, in other places
	$(RUN) tests/matrix.py $(ROWS)

# Each goes to build/ under its own name; THEME=dark gives light letters on dark ground.
slides handout pdf site: $(READY)
	$(RUN) -m lecture_utils.publish $@ $(NOTEBOOKS) --to build/$@ --theme $(or $(THEME),light)
slides:  ## render the lectures as slides, one HTML file each
handout:  ## render the lectures as notes to read, one HTML file each
pdf:  ## print slides and notes as PDF
site:  ## make a folder to put on the web: slides, notes, notebooks and PDF

execute: $(READY)  ## run all notebooks again and save their outputs
	$(RUN) -m lecture_utils.execute --sanitize-with tests/nbval_sanitize.cfg $(NOTEBOOKS)

pictures: $(READY)  ## take the pictures of the README again
	$(RUN) tests/readme_pictures.py

# Not in the lock, since for some systems PyTorch brings gigabytes that no reader needs.
rivals: $(READY)  ## install PyTorch and micrograd, which tests and bench compare with
	$(RUN) -m pip install --quiet --root-user-action ignore torch==2.13.0 micrograd==0.1.0

bench: $(READY)  ## measure the speed
	$(RUN) tests/bench.py
	$(RUN) tests/bench_training.py
	$(RUN) tests/bench_slides.py

# Pins that still fit are kept; remove requirements.lock first to renew them all.
# It has an environment of its own, so that it works when the old lock does not.
lock:  ## pin the packages that pyproject.toml asks for
	@$(call new_venv,build/lock,uv)
	build/lock/bin/python -m uv pip compile pyproject.toml \
	  --group lab --group test \
	  --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	  --no-emit-package lecture-utils --no-header --no-emit-index-url --no-emit-find-links --quiet \
	  --output-file requirements.lock

clean:  ## remove everything that was made, the environment too
	rm -rf build
	find . -name .git -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \
	  -o -name .pytest_cache -o -name .hypothesis \) -prune -exec rm -rf {} +

# An environment holds the path of its folder and links to its Python: it counts
# only where it was made, and while that Python is there.
INTACT = $(shell unset PYTHONHOME PYTHONPATH; \
  test "`cat $(READY) 2>/dev/null`" = "`pwd -P`" && $(RUN) -c 'import uv' 2>/dev/null && echo yes)

# `ready` is removed first and written last: an interrupted start is made anew.
$(READY): pyproject.toml requirements.lock Makefile $(if $(INTACT),,always)
	@mkdir -p build && sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > build/uv.txt
	@$(if $(INTACT),,$(call new_venv,$(VENV),--require-hashes -r build/uv.txt))
	@rm -f $@
	@$(RUN) -m uv pip sync --python $(RUN) --require-hashes requirements.lock || $(not_installed)
	@$(RUN) -m uv pip install --python $(RUN) --quiet --no-deps --no-build-isolation -e .
	@# JupyterLab would ask about news, and look for updates in the network.
	@mkdir -p $(VENV)/share/jupyter/lab/settings
	@echo '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}' \
	  > $(VENV)/share/jupyter/lab/settings/overrides.json
	@# Matplotlib lists the fonts once; inside a notebook it may print that it does.
	@$(RUN) -c 'import matplotlib.font_manager'
	@pwd -P > $@

comma := ,
fail = { echo "Error: $(1)" >&2; exit 1; }
not_installed = $(call fail,the packages could not be installed (see above). Check the network$(comma) then run the same command again.)

# Makes an environment in folder $(1) with uv, which pip is to find by $(2).
define new_venv
python=; seen=; \
for p in $(if $(PYTHON),"$(PYTHON)",python3 python3.14 python3.13 python3.12 python3.11); do \
  v=`"$$p" -c 'import platform, sys; print(platform.python_version()); sys.exit(sys.version_info < (3, 11))' 2>/dev/null` \
    && python=$$p && break; \
  seen="$$seen $$p is $${v:-missing},"; \
done; \
test "$$python" || $(call fail,Python 3.11 or newer is needed;$$seen so install one or name it with PYTHON=/path/to/python3.); \
"$$python" -c 'import ensurepip, venv' 2>/dev/null \
  || $(call fail,$$python has no venv module; install it (on Debian and Ubuntu: apt install python3-venv).); \
echo "Making $(1) with $$python (Python $$v)"; \
rm -rf $(1) && "$$python" -m venv $(1) || exit; \
$(1)/bin/python -m pip install --retries 1 $(2) || $(not_installed)
endef
