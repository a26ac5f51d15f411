"""What JupyterLab's server does for lectures: it exports them, and opens them unchanged.

The server only takes names of exporters that have no hyphen, though nbconvert and the menu do. And
JupyterLab adds all that a kernel says of its language to a notebook that it opens, and then asks
to save a notebook that nobody has touched; the files of lectures hold the name alone, which is the
same for every reader.
"""

from contextlib import suppress
from functools import wraps
from inspect import isawaitable

from jupyter_server.base.handlers import path_regex
from jupyter_server.nbconvert.handlers import NbconvertFileHandler
from jupyter_server.utils import url_path_join

NAME_ALONE = {"name": "python"}


def _jupyter_server_extension_points():
    return [{"module": __name__}]


def _load_jupyter_server_extension(server):
    base = server.web_app.settings["base_url"]
    address = url_path_join(base, r"/nbconvert/(?P<format>lecture-\w+)") + path_regex
    server.web_app.add_handlers(".*$", [(address, NbconvertFileHandler)])
    server.contents_manager.get = _with_language(server.contents_manager.get)


def _with_language(get):
    """Return the function that reads a file so that it completes what a lecture says of Python."""

    async def awaited(model):
        return _completed(await model)

    @wraps(get)
    def completed(*args, **options):
        model = get(*args, **options)
        return awaited(model) if isawaitable(model) else _completed(model)

    return completed


def _completed(model):
    if model["type"] == "notebook" and model["content"]:
        metadata = model["content"]["metadata"]
        if metadata.get("language_info") == NAME_ALONE:
            with suppress(ImportError):  # a server can have kernels from elsewhere alone
                from ipykernel.ipkernel import IPythonKernel  # late: it takes a while

                metadata["language_info"] = dict(IPythonKernel.language_info)
    return model
