"""Charts that draw with no internet, in light and in dark pages, and say in words what they show.

A chart is an Altair chart and its alternative text. Displayed, it is an SVG drawing inside the page: it needs no
script, so JupyterLab, Voila and exported HTML show the same. Its text has the colour of the text around it.
"""

from .figure import MARK, Figure, show, use
from .ready import over_time, top

__all__ = ["MARK", "Figure", "over_time", "show", "top", "use"]
