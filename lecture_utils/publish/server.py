"""Lets JupyterLab's menu export lectures, which its server would not find by their names.

The server only takes names of exporters that have no hyphen, though nbconvert and the menu do.
"""

from jupyter_server.base.handlers import path_regex
from jupyter_server.nbconvert.handlers import NbconvertFileHandler
from jupyter_server.utils import url_path_join


def _jupyter_server_extension_points():
    return [{"module": __name__}]


def _load_jupyter_server_extension(server):
    base = server.web_app.settings["base_url"]
    address = url_path_join(base, r"/nbconvert/(?P<format>lecture-\w+)") + path_regex
    server.web_app.add_handlers(".*$", [(address, NbconvertFileHandler)])
