"""The side of the page in code mode: how well code is confined here, files up and down, a fresh start."""

from __future__ import annotations

from functools import partial

import streamlit as st

from glmkit.agent.sandbox import Interpreter, probe
from glmkit.errors import GlmkitError, message
from glmkit.web.markdown import label
from glmkit.web.session import Session
from glmkit.web.widgets import contents

LEVELS = {
    "full": ("web-level-full", "green", ":material/verified_user:"),
    "restricted": ("web-level-restricted", "orange", ":material/shield:"),
    "none": ("web-level-none", "red", ":material/warning:"),
}
MAX_LISTED = 100


def show_code_panel(session: Session) -> None:
    """Show it, where there is an interpreter; the page itself says why there is none."""
    try:
        interpreter = session.interpreter()
    except GlmkitError:
        return
    code, color, icon = LEVELS[interpreter.level]
    st.badge(message(code), icon=icon, color=color)  # type: ignore[arg-type]
    with st.expander(message("web-level-details")):
        if interpreter.level != probe().level:
            st.caption(message("web-level-chosen"))
        st.code("\n".join(probe().lines()), language=None, wrap_lines=True)
    st.button(
        message("web-restart"),
        key="restart",
        icon=":material/restart_alt:",
        on_click=session.restart,
        help=message("web-restart-help"),
        width="stretch",
    )
    _show_upload(session, interpreter)
    _show_files(interpreter)


def _show_upload(session: Session, interpreter: Interpreter) -> None:
    key = f"upload-{session.num_uploads}"

    def uploaded() -> None:
        session.num_uploads += 1
        for name, content in contents(st.session_state[key] or []):
            session.upload(name, content)

    st.file_uploader(
        message("web-upload", folder=interpreter.folder_inside), accept_multiple_files=True, key=key, on_change=uploaded
    )


def _show_files(interpreter: Interpreter) -> None:
    files = interpreter.files()
    for file in files[:MAX_LISTED]:
        size = _size(file.size)
        st.download_button(
            f"{label(file.name)} · {size}",
            partial(_content, interpreter, file.name),
            key=f"file-{file.name}",
            icon=":material/download:",
            file_name=file.name.rpartition("/")[2],
            mime="application/octet-stream",
            on_click="ignore",
            width="stretch",
        )
    if len(files) > MAX_LISTED:
        st.caption(message("web-files-more", count=len(files) - MAX_LISTED))


def _size(num_bytes: int) -> str:
    if num_bytes < 1000:
        return f"{num_bytes} B"
    return f"{num_bytes / 1000:.1f} kB" if num_bytes < 1e6 else f"{num_bytes / 1e6:.1f} MB"


def _content(interpreter: Interpreter, name: str) -> bytes:
    with interpreter.open_file(name) as file:
        return file.read()
