"""A Content-Security-Policy for pages: only scripts of our templates run, and nothing is loaded.

In templates, each element ``<script>`` is found by itself: scripts are written there as ever.
"""

import re
from base64 import b64encode
from hashlib import sha256

from jinja2.ext import Extension
from markupsafe import Markup

PLACE = "<!-- policy -->"  # in the head of a page, before all that it is to hold for
SCRIPT = re.compile(r"(<script\b[^>]*>)(.*?)</script>", re.DOTALL)


class Scripts(Extension):
    """Lets a filter `script` see what stands in each element ``<script>`` of the templates.

    It sees what our templates say, before anything of a notebook comes into it: a script of a
    notebook is never taken for one of ours.
    """

    def preprocess(self, source, name, filename=None):
        """Return the source of a template with the content of its scripts filtered."""
        return SCRIPT.sub(r"\1{% filter script %}\2{% endfilter %}</script>", source)


class Policy:
    """The policy of one page, which learns its scripts while the page is made."""

    def __init__(self):
        self._hashes = []

    def allow(self, code):
        """Let a script run that ours write into a window of its own."""
        self._hashes.append(_hash(code))

    def script(self, code):
        """Return a script as it is to stand in its element, which no string in it ends."""
        code = str(code)    # of markup, `replace` would escape what it puts in
        code = code.replace("</script", r"<\/script").replace("<!--", r"<\!--")
        self.allow(code)
        return Markup(code)

    def put_into(self, page):
        """Return a page with its policy."""
        scripts = " ".join(dict.fromkeys(self._hashes)) or "'none'"
        rules = {
            "default-src": "'none'",
            "script-src": scripts,
            "style-src": "'unsafe-inline'",
            "img-src": "data:",
            "font-src": "data:",
            "frame-src": "'self'",    # the speaker view shows the slides in frames
            "base-uri": "'none'",
            "form-action": "'none'",
        }
        content = "; ".join(f"{name} {value}" for name, value in rules.items())
        meta = f'<meta http-equiv="Content-Security-Policy" content="{content}">'
        return page.replace(PLACE, meta, 1)


def _hash(code):
    # Browsers read line ends in this way before they look at a script.
    code = code.replace("\r\n", "\n").replace("\r", "\n")
    return f"'sha256-{b64encode(sha256(code.encode()).digest()).decode()}'"
