"""A matplotlib backend that shows a figure by sending it as PNG; matplotlib imports it when a cell imports pyplot."""

from __future__ import annotations

import io
import logging
import math
import re
import sys
import warnings
from typing import Any, cast

from IPython.core.interactiveshell import InteractiveShell
from matplotlib import font_manager, rcParams  # noqa: TID253  (imported by matplotlib itself)
from matplotlib.backend_bases import FigureManagerBase  # noqa: TID253  (imported by matplotlib itself)
from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: TID253

from glmkit.agent.sandbox.inside.shell import Sender, Shell

# Families with Chinese characters, which matplotlib's own font lacks; the first one found helps out.
WIDE_FONTS = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "WenQuanYi Micro Hei"),
    *("WenQuanYi Zen Hei", "Noto Sans CJK JP", "Droid Sans Fallback", "AR PL UMing CN", "AR PL UKai CN", "SimHei"),
)
NO_GLYPH = "Glyph .* missing from"


class FigureManager(FigureManagerBase):
    """Shows every open figure when a cell calls ``plt.show()``, one when it calls ``fig.show()``."""

    @classmethod
    def pyplot_show(cls, *, block: bool | None = None) -> None:
        """Show all figures that are open; never blocks."""
        show_all()

    def show(self) -> None:
        """Show this figure."""
        show_figure(self.canvas.figure)


class FigureCanvas(FigureCanvasAgg):
    """The Agg canvas with our way of showing it."""

    manager_class = FigureManager


def _sender() -> Sender:
    return cast(Shell, InteractiveShell.instance()).sender


def as_png(figure: Any) -> bytes:
    """Return a figure as PNG, at a lower resolution where it would have more pixels than the worker may send."""
    max_pixels = _sender().max_pixels
    width, height = figure.get_size_inches()
    dpi = min(figure.dpi, math.sqrt(max_pixels / max(width * height, 1e-6)))
    buffer = io.BytesIO()
    with warnings.catch_warnings(record=True) as caught:  # one line for all the characters that no font has
        warnings.filterwarnings("always", NO_GLYPH)
        figure.savefig(buffer, format="png", dpi=dpi)
    for warning in caught:
        if re.match(NO_GLYPH, str(warning.message)):
            _sender().no_glyph()
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return buffer.getvalue()


def _use_wide_font() -> None:
    """Draw what the chosen font lacks in a wide one; a font that is asked for and not here is not worth a warning."""
    names = {font.name for font in font_manager.fontManager.ttflist}
    found = next((name for name in WIDE_FONTS if name in names), None)
    if found is not None:
        rcParams["font.family"] = [*rcParams["font.family"], found]
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


_use_wide_font()


def show_figure(figure: Any) -> None:
    """Send one figure and close it."""
    from matplotlib import pyplot

    try:
        _sender().png(as_png(figure))
    finally:
        pyplot.close(figure)


def show_all() -> None:
    """Send every figure that is open, oldest first."""
    pyplot = sys.modules["matplotlib.pyplot"]
    for number in pyplot.get_fignums():
        show_figure(pyplot.figure(number))
