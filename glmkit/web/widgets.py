"""What several parts of the page use: widgets that hold a setting of the session, and errors.

Such a widget shows what stands in the session, and a change is written there before the page is drawn again.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from glmkit.errors import GlmkitError
from glmkit.web.markdown import safe_markdown
from glmkit.web.session import Session


def kept(session: Session, name: str) -> dict[str, Any]:
    """Return the arguments ``key`` and ``on_change`` of a widget for the setting ``name``."""

    def changed() -> None:
        setattr(session.settings, name, st.session_state[name])

    st.session_state[name] = getattr(session.settings, name)
    return {"key": name, "on_change": changed}


def show_error(error: GlmkitError) -> None:
    """Show what is wrong and the step that helps."""
    show_failure(str(error), "\n".join(error.hints()))


def show_failure(text: str, hint: str = "") -> None:
    """Show what is wrong, words of a server among them, and the step that helps."""
    st.error(safe_markdown(f"{text}\n\n{hint}" if hint else text), icon=":material/error:")
