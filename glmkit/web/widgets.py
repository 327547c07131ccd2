"""What several parts of the page use: widgets that hold a setting of the session, and errors.

Such a widget shows what stands in the session, and a change is written there before the page is drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFile

from glmkit.errors import GlmkitError
from glmkit.web.markdown import safe_markdown
from glmkit.web.session import Session


def kept(session: Session, name: str) -> dict[str, Any]:
    """Return the arguments ``key`` and ``on_change`` of a widget for the setting ``name``."""

    def changed() -> None:
        setattr(session.settings, name, st.session_state[name])

    st.session_state[name] = getattr(session.settings, name)
    return {"key": name, "on_change": changed}


def contents(files: Sequence[UploadedFile | DeletedFile]) -> list[tuple[str, bytes]]:
    """Take uploaded files, name and content, from Streamlit, which would otherwise keep a copy until the page closes.

    One that has been taken already stays in its widget until that is drawn anew.
    """
    context = get_script_run_ctx()
    manager = context.uploaded_file_mgr if context is not None else None
    found = []
    for file in files:
        if isinstance(file, DeletedFile):
            continue
        found.append((file.name, file.getvalue()))
        if context is not None and isinstance(manager, MemoryUploadedFileManager):
            manager.remove_file(context.session_id, file.file_id)
    return found


def show_error(error: GlmkitError) -> None:
    """Show what is wrong and the step that helps."""
    show_failure(str(error), "\n".join(error.hints()))


def show_failure(text: str, hint: str = "") -> None:
    """Show what is wrong, words of a server among them, and the step that helps."""
    st.error(safe_markdown(f"{text}\n\n{hint}" if hint else text), icon=":material/error:")
