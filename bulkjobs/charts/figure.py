"""A chart and its text, shown as a drawing in the page. Needs Altair and vl-convert, an extra, once it draws."""

from __future__ import annotations

import contextlib
import hashlib
import html
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from ..display import safe_text
from ..errors import ConfigError, InvalidQuery

if TYPE_CHECKING:
    import altair as alt

Mode = Literal["svg", "live"]

MARK = "#0072B2"  # a blue of Okabe and Ito: told apart by the colour-blind, over 3:1 on white and on black
INK = "currentColor"
_CONFIG: dict[str, Any] = {
    "aria": False,  # one picture with one text; its hundred parts would only be read out one by one
    "background": "transparent",
    "font": "sans-serif",
    "mark": {"color": MARK},
    "view": {"stroke": None},
    "title": {"color": INK, "subtitleColor": INK},
    "legend": {"labelColor": INK, "titleColor": INK},
    "header": {"labelColor": INK, "titleColor": INK},
    "text": {"color": INK},
    "axis": {
        **dict.fromkeys(("labelColor", "titleColor", "domainColor", "tickColor", "gridColor"), INK),
        "gridOpacity": 0.15,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 260,
    },
}
_TAG = re.compile(r"<[^<>]+>")  # values of attributes hold no < or >: those are escaped
_NO_CHARACTERS = {0xFFFE: "\ufffd", 0xFFFF: "\ufffd"}
_mode: Mode = "svg"


def use(mode: Mode) -> None:
    """Choose how charts are displayed from now on.

    Parameters
    ----------
    mode : {"svg", "live"}
        ``"svg"``: a drawing, everywhere. ``"live"``: Altair's own, with tooltips and zoom, where widgets work
        (JupyterLab); it leaves nothing to see in an exported page.

    Raises
    ------
    ConfigError
        It is neither.
    """
    global _mode
    if mode not in get_args(Mode):
        raise ConfigError(f"{mode!r} is no way to show a chart.", next_step='charts.use("svg") or charts.use("live")')
    _mode = mode


@dataclass(frozen=True)
class Figure:
    """A chart and what it shows in words. Shows itself in a notebook.

    Attributes
    ----------
    chart : altair chart
        To change or to save as you like.
    alt : str
        The alternative text, for who can't see it.
    """

    chart: alt.TopLevelMixin
    alt: str

    def svg(self) -> str:
        """Return it as an ``<svg>`` element to stand in a page: no script, nothing to fetch.

        Raises
        ------
        ConfigError
            Altair or vl-convert is not installed.
        InvalidQuery
            It would fetch data or a picture from elsewhere, or links to what is no web page.
        """
        _, vl_convert = drawing()
        spec: dict[str, Any] = _clean(self.chart.to_dict())
        spec["config"] = _merged(_CONFIG, spec.get("config", {}))
        version = re.search(r"/v(\d+)\.(\d+)", spec.get("$schema", ""))
        try:
            drawn: str = vl_convert.vegalite_to_svg(
                spec, vl_version=".".join(version.groups()) if version else None, allowed_base_urls=[]
            )
        except ValueError as error:
            _recover(vl_convert)
            raise InvalidQuery(f"This chart can't be drawn ({error}).", field="chart") from error
        if re.search(r'<image [^<>]*href="(?!data:)', drawn):
            raise InvalidQuery("This chart fetches pictures from elsewhere.", field="chart")
        return _inlined(drawn, self.alt)

    def __repr__(self) -> str:
        return self.alt

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        if _mode == "svg":
            return {"text/html": self.svg(), "text/plain": self.alt}
        altair, _ = drawing()
        chart: Any = self.chart
        chart = chart.copy(deep=False)
        chart.description = self.alt
        chart.config = _merged(_CONFIG, chart.to_dict().get("config", {}))
        with altair.renderers.enable("jupyter", offline=True, embed_options={"renderer": "svg"}):
            bundle, metadata = chart._repr_mimebundle_(include, exclude)
        return {**bundle, "text/plain": self.alt}, metadata


def show(chart: alt.TopLevelMixin, *, alt: str) -> Figure:
    """Show an Altair chart, drawn with no internet and in the colours of the page.

    Parameters
    ----------
    chart : altair chart
        Any.
    alt : str
        What it shows, in a sentence; with figures, if you can.

    Raises
    ------
    InvalidQuery
        `alt` is empty.
    """
    if not isinstance(alt, str) or not alt.strip():
        raise InvalidQuery(
            "A chart needs a text that says what it shows.", field="alt", next_step='charts.show(chart, alt="...")'
        )
    return Figure(chart, _clean(alt.strip()))


# --- drawing ----------------------------------------------------------------------------------------------


def drawing() -> tuple[Any, Any]:
    """Import what draws when something is drawn: it takes two seconds, and is an extra."""
    try:
        import altair
        import vl_convert
    except ImportError as error:
        raise ConfigError(
            f"Charts need Altair and vl-convert ({error}).", next_step='pip install "bulkjobs[charts]"'
        ) from error
    return altair, vl_convert


def _clean(part: Any) -> Any:
    """Replace what no XML document may hold in all text of a chart: vl-convert ends the whole process at it."""
    if isinstance(part, dict):
        return {_clean(key): _clean(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_clean(item) for item in part]
    return safe_text(part).translate(_NO_CHARACTERS) if isinstance(part, str) else part


def _recover(vl_convert: Any) -> None:
    """Draw until what comes is what was asked for: vl-convert's next answers after an error may be those of before."""
    for _ in range(5):
        sign = uuid.uuid4().hex
        with contextlib.suppress(ValueError):
            if sign in vl_convert.vegalite_to_svg({"data": {"values": [{}]}, "mark": "point", "title": sign}):
                return


def _merged(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Put settings of the chart over ours."""
    both = {**ours, **theirs}
    return {key: {**ours[key], **value} if isinstance(ours.get(key), dict) else value for key, value in both.items()}


def _inlined(drawn: str, alt: str) -> str:
    """Fit a drawing for a page with others: names of its own for what it refers to, a text, and room to shrink.

    The names follow from what is drawn, so the same chart is the same to the byte in each run.
    """
    found = dict.fromkeys(name for tag in _TAG.findall(drawn) for name in re.findall(r' id="([^"]*)"', tag))
    plain = _renamed(drawn, {name: str(at) for at, name in enumerate(found)})  # the engine counts on from before
    mark = hashlib.sha256((alt + plain).encode()).hexdigest()[:10]
    drawn = _renamed(drawn, {name: f"chart-{mark}-{at}" for at, name in enumerate(found)})
    head = f'<svg role="img" aria-label="{html.escape(alt)}" style="max-width:100%;height:auto" '
    return drawn.replace("<svg ", head, 1)


def _renamed(drawn: str, names: dict[str, str]) -> str:
    """Rename what tags define and refer to; the text between them may look the same, and stays."""

    def name(found: re.Match[str]) -> str:
        return f"{found[1]}{names.get(found[2], found[2])}{found[3]}"

    return _TAG.sub(lambda tag: re.sub(r'( id="|="url\(#|href="#)([^")]*)(\)?")', name, tag[0]), drawn)
