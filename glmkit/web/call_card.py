"""A call on the page: its name, arguments or code, what it printed and gave, pictures, time; all as plain text."""

from __future__ import annotations

import json

import streamlit as st

from glmkit.chat.reply import INTERPRETER
from glmkit.errors import message
from glmkit.web.exchange import Call
from glmkit.web.markdown import label, plain

MAX_SHOWN = 20_000  # characters of a text on a card
MAX_LINES = 24  # of a text before it scrolls
SCROLLED = 420  # pixels
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")  # how files begin that can hold no script


def show_call(call: Call, is_live: bool = False) -> None:
    """Show one call, complete or not."""
    is_code = call.name == INTERPRETER
    with st.container(border=True):
        st.markdown(_title(call, is_code, is_live))
        if is_code:
            code = (call.arguments or {}).get("code", call.draft)
            _show_text(code if isinstance(code, str) else json.dumps(call.arguments), "python")
        elif call.arguments is not None:
            _show_text(json.dumps(call.arguments, ensure_ascii=False, indent=2), "json")
        if call.output.strip():
            _show_text(call.output)
        for picture in call.pictures:
            if picture.startswith(PICTURES):
                st.image(picture)
        if call.result is not None and not (call.output.strip() or call.pictures) and call.result.strip():
            text, language = _readable(call.result)
            _show_text(text, language)


def _title(call: Call, is_code: bool, is_live: bool) -> str:
    name = message("web-call-code") if is_code else message("web-call-tool", tool=label(call.name))
    if call.result is None:
        return f":material/hourglass_top: {name}" if is_live else name
    mark = ":red[:material/cancel:]" if call.failed else ":green[:material/check_circle:]"
    seconds = "" if call.seconds is None else f"{call.seconds:.1f}" if call.seconds >= 0.1 else f"{call.seconds:.3f}"
    time = " · " + message("web-call-seconds", seconds=seconds) if seconds else ""
    return f"{mark} {name}{time}"


def _readable(text: str) -> tuple[str, str | None]:
    """Return a result as it is read best, and its language."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text, None
    return (
        (json.dumps(value, ensure_ascii=False, indent=2), "json") if isinstance(value, (dict, list)) else (text, None)
    )


def _show_text(text: str, language: str | None = None) -> None:
    text = plain(text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]} …")
    is_long = text.count("\n") >= MAX_LINES or len(text) > 80 * MAX_LINES
    st.code(text.rstrip("\n"), language=language, wrap_lines=True, height=SCROLLED if is_long else "content")
