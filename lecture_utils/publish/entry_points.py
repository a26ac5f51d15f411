"""The exporters as nbconvert finds them: they load where nothing but nbconvert is installed.

nbconvert loads the exporters of all packages before it exports any notebook, so one that can't be
loaded would stop them all, and one that loads slowly would make each of them wait.
"""

import sys
from functools import cached_property

from nbconvert.exporters import Exporter
from nbconvert.utils.exceptions import ConversionException
from traitlets import Bool, Unicode
from traitlets.config import Application

from lecture_utils._extras import needs
from lecture_utils._files import reason_of

COMMAND = "jupyter-nbconvert"


class _LateExporter(Exporter):
    """Stands for the exporter of its own name, which is loaded when a notebook is exported."""

    output_mimetype = "text/html"
    # Here, and not in the exporter itself, a person waits for a page, even for one with faults.
    strict = Bool(False, help="Whether a page that falls short is refused.").tag(config=True)
    brand = Unicode("", help="A file with a name, a logo and colours.").tag(config=True)

    def from_notebook_node(self, nb, resources=None, **kw):
        """Return the page of a notebook as text, and what it was made with.

        What falls short is marked in the page, and told as a warning.

        Raises
        ------
        ImportError
            If what pages are made with is not installed.
        RefusedError
            As by the exporter itself. The command of nbconvert ends with its message instead.
        """
        return self._tried("from_notebook_node", nb, resources, **kw)

    def from_filename(self, filename, resources=None, **kw):
        """Return the page of a notebook by its file's name; see `from_notebook_node`."""
        return self._tried("from_filename", filename, resources, **kw)

    def from_file(self, file_stream, resources=None, **kw):
        """Return the page of a notebook in a file; see `from_notebook_node`."""
        return self._tried("from_file", file_stream, resources, **kw)

    def _tried(self, how, *given, **kw):
        exporter = self._exporter
        try:
            made = getattr(exporter, how)(*given, **kw)
        except (ConversionException, OSError) as error:
            is_command = Application.initialized() and Application.instance().name == COMMAND
            if not is_command:
                raise
            # It would print a traceback, with the reason far above its end.
            sys.exit("\n".join(f"Error: {line}" for line in reason_of(error).splitlines()))
        for line in exporter.told:
            self.log.warning(line)
        return made

    @cached_property  # since one serves many notebooks
    def _exporter(self):
        with needs("publish"):
            from lecture_utils.publish import exporters
        return getattr(exporters, type(self).__name__)(
            config=self.config, strict=self.strict, brand=self.brand
        )


class LectureSlidesExporter(_LateExporter):
    """Makes slides."""

    export_from_notebook = "Lecture slides"


class LectureNotesExporter(_LateExporter):
    """Makes notes to read."""

    export_from_notebook = "Lecture notes"
