"""The exporters as nbconvert finds them: they load where nothing but nbconvert is installed.

nbconvert loads the exporters of all packages before it exports any notebook, so one that can't be
loaded would stop them all, and one that loads slowly would make each of them wait.
"""

from functools import cached_property

from nbconvert.exporters import Exporter

from lecture_utils._extras import needs


class _LateExporter(Exporter):
    """Stands for the exporter of its own name, which is loaded when a notebook is exported."""

    output_mimetype = "text/html"

    def from_notebook_node(self, nb, resources=None, **kw):
        """Return the page of a notebook as text, and what it was made with.

        Raises
        ------
        ImportError
            If what pages are made with is not installed.
        RefusedError
            As by the exporter itself.
        """
        return self._exporter.from_notebook_node(nb, resources, **kw)

    @cached_property  # since one serves many notebooks
    def _exporter(self):
        with needs("publish"):
            from lecture_utils.publish import exporters
        return getattr(exporters, type(self).__name__)(config=self.config)


class LectureSlidesExporter(_LateExporter):
    """Makes slides."""

    export_from_notebook = "Lecture slides"


class LectureNotesExporter(_LateExporter):
    """Makes notes to read."""

    export_from_notebook = "Lecture notes"
