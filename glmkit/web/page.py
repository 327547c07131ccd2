"""The page: who is here, which mode, the conversation, and the answers that are coming.

Streamlit runs ``show_page`` from top to bottom after every click. All that matters lives in the session (session.py);
widgets are filled from it and write back to it, so a reload shows what was there.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from glmkit.agent.api import ApiError
from glmkit.errors import GlmkitError, current_language, message, set_language_here
from glmkit.web.conversation_view import show_conversation
from glmkit.web.service import BUNDLED, SESSION_PARAMETER, Service, the_service
from glmkit.web.session import Mode, Session
from glmkit.web.sidebar import show_sidebar
from glmkit.web.widget_styles import show_widget_styles
from glmkit.web.widgets import show_error

SIDEBAR = 350  # pixels; the names of tools fit
ICON = Path(__file__).with_name("icon.png")
WELCOMES: dict[Mode, str] = {"chat": "web-welcome-chat", "tool": "web-welcome-tool", "code": "web-welcome-code"}
EXAMPLES: dict[Mode, tuple[str, ...]] = {
    "chat": ("web-example-chat-1", "web-example-chat-2", "web-example-chat-3"),
    "tool": ("web-example-tool-1", "web-example-tool-2", "web-example-tool-3", "web-example-tool-4"),
    "code": ("web-example-code-1", "web-example-code-2", "web-example-code-3"),
}
TOOLS_OF_EXAMPLES = {
    "web-example-tool-1": "get_current_time",
    "web-example-tool-2": "get_weather",
    "web-example-tool-3": "convert_unit",
    "web-example-tool-4": "random_number_generator",
}


def show_page() -> None:
    """Show everything once."""
    set_language_here(None)  # this thread may have served another visitor
    service = the_service()
    session = service.session(st.query_params.get(SESSION_PARAMETER, ""), lambda: _new_session(service))
    if st.query_params.get(SESSION_PARAMETER) != session.id:
        st.query_params[SESSION_PARAMETER] = session.id
    set_language_here(session.settings.language)
    context = get_script_run_ctx()
    assert context is not None
    session.presence.enter(context.session_id)
    is_wide = len(session.dialogue.sides) > 1
    st.set_page_config(
        page_title="glmkit",
        page_icon=str(ICON),
        layout="wide" if is_wide else "centered",
        initial_sidebar_state=SIDEBAR,
    )
    try:
        names = service.models()
    except ApiError as error:
        show_error(error)
        st.button(message("web-try-again"), key="try-again")
        return
    show_widget_styles()
    show_sidebar(session, names)
    if session.settings.model == BUNDLED:
        st.info(message("web-banner", name=BUNDLED), icon=":material/info:")
    if session.trouble is not None:
        show_error(session.trouble)
        session.trouble = None
    trouble = _code_trouble(session)
    if trouble is not None:
        show_error(trouble)
        return
    if session.settings.mode == "code" and session.has_lost_python:
        st.info(message("web-python-lost"), icon=":material/info:")
        session.has_lost_python = False
    if session.dialogue.is_empty:
        _show_welcome(session)
    st.chat_input(
        message("web-question"),
        key="question",
        disabled=session.dialogue.is_busy,
        on_submit=lambda: session.ask(st.session_state["question"]),
    )
    show_conversation(session)


def _show_welcome(session: Session) -> None:
    mode = session.settings.mode
    st.markdown(message(WELCOMES[mode]))
    if mode == "tool" and session.settings.manual:
        return
    codes = [code for code in EXAMPLES[mode] if TOOLS_OF_EXAMPLES.get(code) in {None, *session.settings.tools}]
    with st.container(horizontal=True):  # one beside the other as they fit, none of them cut
        for code in codes:
            question = message(code)
            st.button(question, key=code, on_click=session.ask, args=(question,))


def _code_trouble(session: Session) -> GlmkitError | None:
    """Return why the mode of code cannot be used here, None where it can."""
    if session.settings.mode != "code":
        return None
    try:
        session.interpreter()
    except GlmkitError as error:
        return error
    return None


def _new_session(service: Service) -> Session:
    """Return the session of a new visitor, in the browser's language where it is ours, or else the command's."""
    language = "zh" if (st.context.locale or "").lower().startswith("zh") else current_language()
    set_language_here(language)  # its defaults are words, too
    return Session(service, language)
