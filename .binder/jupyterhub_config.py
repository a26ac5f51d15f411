"""A class on one machine: copy this file to it, and start JupyterHub as docs/hub.md says.

Students log in under any name of a to z, digits, "-" and "_", with the password in HUB_PASSWORD.
Their work, and what the hub writes, stays in the folder that HUB_FOLDER names, or else in the
current one. HUB_EXCHANGE, if there are marks, names the folder by which nbgrader hands work out, in
and back.
"""

import os
import sys
from pathlib import Path

FOLDER = Path(os.environ.get("HUB_FOLDER", ".")).resolve()
PASSWORD = os.environ.get("HUB_PASSWORD", "")
EXCHANGE = os.environ.get("HUB_EXCHANGE", "")
A_STUDENT = 450e6    # bytes of memory, with a notebook running, and some to spare
BIN = Path(sys.prefix, "bin")    # where npm puts the proxy, too

if len(PASSWORD) < 12 or not PASSWORD.isascii():    # JupyterHub compares no others
    told = "of 12 letters or more, without accents and the like"
    sys.exit(f"Error: set HUB_PASSWORD to the password of the class, {told}.")
if os.geteuid() == 0:
    sys.exit("Error: start the hub as an ordinary user: students have the rights of its user.")
if EXCHANGE and not (Path(EXCHANGE).is_absolute() and os.access(EXCHANGE, os.W_OK)):
    told = "the whole path of a folder that is there, in which this user may write"
    sys.exit(f"Error: set HUB_EXCHANGE to {told}; got {EXCHANGE}")
if set(str(FOLDER)) & set("{}%?#"):    # which mean something in addresses and settings
    sys.exit(f"Error: set HUB_FOLDER to a path without any of {{ }} % ? #; got {FOLDER}")
try:
    for name in ("hub", "homes"):
        Path(FOLDER, name).mkdir(mode=0o700, parents=True, exist_ok=True)
except OSError as error:
    sys.exit(f"Error: set HUB_FOLDER to a folder that can be made and written: {error}")

c = get_config()  # noqa: F821, JupyterHub defines it
# Nobody but this computer: a class comes through a web server with HTTPS before it or, in a network
# that you trust, by `--url=http://0.0.0.0:8000`.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.JupyterHub.cookie_secret_file = str(FOLDER / "hub/cookie")
c.JupyterHub.db_url = f"sqlite:///{FOLDER}/hub/hub.sqlite"
c.ConfigurableHTTPProxy.pid_file = str(FOLDER / "hub/proxy.pid")
c.ConfigurableHTTPProxy.command = [str(BIN / "configurable-http-proxy")]

# Who knows the password can take any name, so another student's too. Replace it by what your
# university has: OAuthenticator, LDAP, or PAM for accounts of this machine.
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = PASSWORD
c.Authenticator.allow_all = True
c.Authenticator.username_pattern = "[a-z0-9][a-z0-9_-]{0,30}$"    # which is a folder, and no path

# All servers run as the user of the hub, so who wants to can read the files of others, and those of
# the hub. If students have accounts here, take PAM and "systemd" (jupyterhub-systemdspawner), which
# separates them, and which alone holds the limits `mem_limit` and `cpu_limit`; both need root.
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = f"{FOLDER}/homes/{{username}}"
c.Spawner.cmd = [str(BIN / "jupyterhub-singleuser")]
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = c.Spawner.http_timeout = 300    # a whole class may begin at once
# Without a limit for each, one for all: who comes when the memory is taken is asked to wait.
memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
c.JupyterHub.active_server_limit = int(memory / A_STUDENT)
# More threads of a student would only be in the way of others. Matplotlib lists the fonts once, and
# says so, inside a notebook: here it is done before anybody comes.
c.Spawner.environment = {"OPENBLAS_NUM_THREADS": "1", "MPLCONFIGDIR": str(FOLDER / "hub/fonts")}
os.environ["MPLCONFIGDIR"] = str(FOLDER / "hub/fonts")
import matplotlib.font_manager  # noqa: E402, F401

# All servers have one Unix user, by whose name nbgrader would call each student.
NBGRADER = f"""\
import os
c = get_config()
c.CourseDirectory.course_id = "neural-networks"
c.CourseDirectory.student_id = os.environ["JUPYTERHUB_USER"]
c.Exchange.root = {EXCHANGE!r}
"""
if EXCHANGE:
    Path(FOLDER, "hub/nbgrader_config.py").write_text(NBGRADER, encoding="utf-8")
    c.Spawner.environment["JUPYTER_CONFIG_PATH"] = str(FOLDER / "hub")

# A server that nobody has used for an hour is stopped; what is saved stays.
CULL = [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"]
SCOPES = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
c.JupyterHub.services = [{"name": "culler", "command": CULL}]
c.JupyterHub.load_roles = [{"name": "culler", "services": ["culler"], "scopes": SCOPES}]
