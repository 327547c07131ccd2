"""The side of the page: language, model, system prompt, sampling, what the mode needs, and the conversation's file."""

from __future__ import annotations

import streamlit as st

from glmkit.errors import message
from glmkit.web.code_panel import show_code_panel
from glmkit.web.session import MAX_IMPORT_MB, MODES, Mode, Session
from glmkit.web.tool_panel import show_tool_panel
from glmkit.web.widgets import contents, kept

LANGUAGE_NAMES = {"en": "English", "zh": "中文"}
MODE_NAMES: dict[Mode, str] = {"chat": "web-mode-chat", "tool": "web-mode-tool", "code": "web-mode-code"}
# The original's ranges, without the ends at which sampling is undefined: top_p 0 and a repetition penalty of 0.
TEMPERATURE, TOP_P, REPETITION_PENALTY = (0.0, 1.5), (0.01, 1.0), (0.01, 2.0)
MAX_TOKENS = (5, 32_000)


def show_sidebar(session: Session, names: list[str]) -> None:
    """Show it; ``names`` are the API's models."""
    with st.sidebar:
        st.segmented_control(
            "Language · 语言",
            [*LANGUAGE_NAMES],
            format_func=LANGUAGE_NAMES.__getitem__,
            label_visibility="collapsed",
            required=True,
            **kept(session, "language"),
        )
        st.radio(
            message("web-mode"),
            MODES,
            format_func=lambda mode: message(MODE_NAMES[mode]),
            label_visibility="collapsed",
            **kept(session, "mode"),
        )
        _show_models(session, names)
        if session.settings.mode == "tool":
            show_tool_panel(session)
        elif session.settings.mode == "code":
            show_code_panel(session)
        _show_system_prompt(session)
        _show_sampling(session)
        _show_file(session)


def _show_models(session: Session, names: list[str]) -> None:
    settings = session.settings
    if settings.model not in names:
        settings.model = names[0] if names else ""
    others = [name for name in names if name != settings.model]
    if settings.second not in others:
        settings.second = ""
    is_busy = session.dialogue.is_busy
    st.selectbox(message("web-model"), names, disabled=is_busy, **kept(session, "model"))
    second = ""
    if others and settings.mode != "code":  # one interpreter cannot follow two conversations
        st.selectbox(
            message("web-second"),
            ["", *others],
            format_func=lambda name: name or message("web-second-none"),
            disabled=is_busy,
            help=message("web-second-help"),
            **kept(session, "second"),
        )
        second = settings.second
    session.dialogue.set_models([settings.model, second] if second else [settings.model])


def _show_system_prompt(session: Session) -> None:
    dialogue = session.dialogue
    key = f"system-{session.settings.mode}"

    def changed() -> None:
        dialogue.system = st.session_state[key]

    st.session_state[key] = dialogue.system
    st.text_area(
        message("web-system"),
        key=key,
        on_change=changed,
        placeholder=session.default_system or message("web-system-none"),
        help=message("web-system-help") if session.default_system else None,
        height=100,
    )


def _show_sampling(session: Session) -> None:
    with st.expander(message("web-sampling")):
        st.slider(
            message("web-temperature"),
            *TEMPERATURE,
            step=0.01,
            help=message("web-temperature-help"),
            **kept(session, "temperature"),
        )
        st.slider(message("web-top-p"), *TOP_P, step=0.01, help=message("web-top-p-help"), **kept(session, "top_p"))
        st.slider(
            message("web-repetition-penalty"),
            *REPETITION_PENALTY,
            step=0.01,
            help=message("web-repetition-penalty-help"),
            **kept(session, "repetition_penalty"),
        )
        st.number_input(
            message("web-max-tokens"),
            *MAX_TOKENS,
            value=None,
            step=1,
            placeholder=message("web-max-tokens-none"),
            help=message("web-max-tokens-help"),
            **kept(session, "max_tokens"),
        )


def _show_file(session: Session) -> None:
    """Show what can be done with the conversation as a whole."""
    dialogue = session.dialogue
    st.button(
        message("web-clear"),
        key="clear",
        icon=":material/delete:",
        on_click=session.clear,
        disabled=dialogue.is_empty,
        width="stretch",
    )
    exported = None if dialogue.is_busy else dialogue.to_json(session.default_system)
    st.download_button(
        message("web-export"),
        exported or "",
        key="export",
        icon=":material/download:",
        file_name=f"{session.settings.mode}-conversation.json",
        mime="application/json",
        help=message("web-export-help"),
        disabled=exported is None,
        on_click="ignore",
        width="stretch",
    )
    key = f"import-{session.num_uploads}"

    def imported() -> None:
        file = st.session_state[key]
        session.num_uploads += 1  # a fresh widget: the same file may be read again
        for _, content in contents([file] if file is not None else []):
            session.load(content)

    with st.expander(message("web-import")):
        st.file_uploader(
            message("web-import"),
            type=["json", "jsonl"],
            max_upload_size=MAX_IMPORT_MB,
            key=key,
            on_change=imported,
            label_visibility="collapsed",
            disabled=dialogue.is_busy,
        )
