"""IPython's shell for cells: state lives on, results and errors become frames, nothing is written to a terminal."""

from __future__ import annotations

import ast
import base64
import re
import sys
import traceback
from collections.abc import Mapping
from typing import Any, NoReturn, cast

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from glmkit.agent.sandbox.inside.channel import Channel

FORMATS = ("text/plain", "text/html", "text/markdown", "text/latex", "application/json")
DATA_FOLDER = "/mnt/data"  # where the models were taught that files are
MAX_MESSAGE = 4096
MAX_TRACEBACK = 16384
MAX_FORMAT = 262145  # one more than the owner keeps, which tells it that there was more


class Sender:
    """Turns what a cell shows into frames."""

    def __init__(self, channel: Channel, max_pixels: int, no_font: str) -> None:
        self.channel = channel
        self.max_pixels = max_pixels
        self._no_font = no_font

    def bundle(self, data: Mapping[str, Any]) -> None:
        """Send one displayed object: its picture where it has one, else its texts."""
        if isinstance(data.get("image/png"), (bytes, str)):
            picture = data["image/png"]
            self.channel.send("image", png=picture if isinstance(picture, str) else _base64(picture))
            return
        formats = {name: str(data[name])[:MAX_FORMAT] for name in FORMATS if name in data}
        if formats:
            self.channel.send("result", formats=formats)

    def png(self, picture: bytes) -> None:
        """Send a figure."""
        self.channel.send("image", png=_base64(picture))

    def no_glyph(self) -> None:
        """Say once that a figure has characters which no font here can draw."""
        said, self._no_font = self._no_font, ""
        if said:
            self.channel.text("stderr", said + "\n")

    def error(self, error: BaseException) -> None:
        """Send an exception with the part of its traceback that lies in cells."""
        report = traceback.TracebackException.from_exception(error)
        _keep_cells(report, set())
        text = "".join(report.format())
        text = re.sub(r'File "(cell \d+)", line', r"\1, line", text)
        if len(text) > MAX_TRACEBACK:
            text = text[: MAX_TRACEBACK // 2] + "\n...\n" + text[-MAX_TRACEBACK // 2 :]
        try:
            said = str(error)
        except Exception:
            said = ""
        self.channel.send("error", name=type(error).__name__, message=said[:MAX_MESSAGE], traceback=text)


def _base64(picture: bytes) -> str:
    return base64.b64encode(picture).decode("ascii")


def _keep_cells(report: traceback.TracebackException | None, seen: set[int]) -> None:
    if report is None or id(report) in seen:
        return
    seen.add(id(report))
    report.stack[:] = [frame for frame in report.stack if re.fullmatch(r"cell \d+", frame.filename)]
    for other in (report.__cause__, report.__context__, *(getattr(report, "exceptions", None) or ())):
        _keep_cells(other, seen)


class _Compiler(CachingCompiler):
    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        return f"cell {number}"


class _Displayed(DisplayPublisher):
    sender: Sender

    def publish(self, data: Any, *args: Any, **more: Any) -> None:
        self.sender.bundle(data)

    def clear_output(self, wait: bool = False) -> None:
        pass


class _Result(DisplayHook):
    sender: Sender

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self.sender.bundle(format_dict)

    def finish_displayhook(self) -> None:
        pass


class _DataFolder(ast.NodeTransformer):
    """Lets texts that begin with /mnt/data mean the workspace, where nothing can be mounted at that place."""

    def __init__(self, workspace: str) -> None:
        self._workspace = workspace

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        value = node.value
        if isinstance(value, str) and (value == DATA_FOLDER or value.startswith(DATA_FOLDER + "/")):
            return ast.copy_location(ast.Constant(self._workspace + value[len(DATA_FOLDER) :]), node)
        return node


class Shell(InteractiveShell):
    """The shell; its only way out is a ``Sender``."""

    def __init__(self, sender: Sender, workspace: str, no_programs: str) -> None:
        settings = Config()
        settings.HistoryManager.enabled = False
        settings.InteractiveShell.colors = "NoColor"
        settings.InteractiveShell.autoindent = False
        self._no_programs = no_programs
        self.sender = sender
        super().__init__(  # type: ignore[no-untyped-call]
            config=settings, display_pub_class=_Displayed, displayhook_class=_Result, compiler_class=_Compiler
        )
        cast(_Displayed, self.display_pub).sender = sender
        cast(_Result, self.displayhook).sender = sender
        if workspace != DATA_FOLDER:
            self.ast_transformers.append(_DataFolder(workspace))
        assert self.display_formatter is not None
        picture = self.display_formatter.formatters["image/png"]
        picture.for_type_by_name("matplotlib.figure", "Figure", _figure_as_png)
        InteractiveShell._instance = self  # type: ignore[assignment]  # display() and get_ipython() look there

    def run(self, code: str) -> None:
        """Run one cell and send all it shows, its figures and its error included."""
        error: BaseException | None = None
        try:
            outcome = self.run_cell(code, store_history=True)  # type: ignore[no-untyped-call]
            error = outcome.error_before_exec or outcome.error_in_exec
        except BaseException as problem:  # in the shell's own code: an interrupt, or source it cannot take
            error = problem
        try:
            self._show_figures()
        except Exception as problem:
            error = error or problem
        if error is not None:
            self.sender.error(error)

    def _show_figures(self) -> None:
        if "matplotlib.pyplot" in sys.modules:
            from glmkit.agent.sandbox.inside import figures

            figures.show_all()

    def showtraceback(self, *args: Any, **more: Any) -> None:
        """Show nothing: ``run`` sends the error, once and last."""

    def showsyntaxerror(self, *args: Any, **more: Any) -> None:
        """Show nothing, as above."""

    def showindentationerror(self) -> None:
        """Show nothing, as above."""

    def system(self, cmd: str) -> NoReturn:
        """Refuse ``!command`` with the reason."""
        raise PermissionError(self._no_programs)

    system_piped = system_raw = system

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> NoReturn:
        """Refuse ``x = !command`` with the reason."""
        raise PermissionError(self._no_programs)

    def enable_gui(self, gui: Any = None) -> None:
        """No window system here; figures are shown anyway."""


def _figure_as_png(figure: Any) -> bytes:
    from matplotlib import pyplot

    from glmkit.agent.sandbox.inside import figures

    try:
        return figures.as_png(figure)
    finally:
        pyplot.close(figure)
