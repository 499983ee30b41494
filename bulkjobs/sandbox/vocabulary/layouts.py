"""How descriptions are set, and what strange things they carry along."""

from __future__ import annotations

from typing import NamedTuple

from .chance import repeated


class Layout(NamedTuple):
    """How a description is set: as one of many kinds of plain text, or as HTML."""

    heading: str
    paragraph: str
    opening: str  # of a list, like the next two
    between: str
    closing: str
    gap: str  # between parts
    escaped: bool


def _plain(heading: str, bullet: str, gap: str = "\n\n", line: str = "\n") -> Layout:
    return Layout(heading, "%s", bullet, line + bullet, "", gap, escaped=False)


LAYOUTS = repeated(
    {
        _plain("%s", "• "): 30,
        _plain("%s:", "- "): 20,
        _plain("** %s **", "* "): 10,
        _plain("🚀 %s", "✅ "): 8,
        _plain("%s", "\t•\t", gap="\n \n"): 8,
        _plain("%s", "· ", gap="\r\n\r\n", line="\r\n"): 5,
        _plain("%s", "", gap="\n"): 5,
        Layout("<p><strong>%s</strong></p>", "<p>%s</p>", "<ul><li>", "</li><li>", "</li></ul>", "\n", True): 9,
        Layout("<h3>%s</h3>", "%s<br>", "<br>&bull; ", "<br>&bull; ", "<br>", "<br><br>", False): 3,
    }
)

# What postings bring along from the systems that they were pasted from ...
RESIDUES = (
    "Schedule:\x0bMonday to Friday\x0b9:00 – 17:30",
    "Page 1 of 2\x0cPage 2 of 2",
    "Ref.\x1f4711\x1fB\x1e",
    "Apply\u2028today\u2029",
    "Line\x85end",
    "zero\u200bwidth\u200dand\ufeff soft\u00adhyphen",
    "\x01\x02\x03pasted from an old system\x1a",
    "\x07\x1b[1mNew!\x1b[0m",
    "Team 👩\u200d💻 👨🏽\u200d🔬 🧪 𝗷𝗼𝗶𝗻 𝘂𝘀",
    "\u202e.esrever ni daer eB\u202c",
    "Cafe\u0301, re\u0301sume\u0301",
    "old line\rnew line",
    "=1+1",
)
# ... and what somebody may put there on purpose.
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<script>alert('posting')</script>",
    "<svg/onload=alert(1)>",
    '"><iframe src="javascript:alert(1)"></iframe>',
    '<a href="javascript:alert(1)">Apply here</a>',
    "</td></table><style>* display: none</style>",
    "<!-- unclosed <b>bold",
)
