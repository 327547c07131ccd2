"""The side of the page in tool mode: which tools are on, what the model is told of them, the tools the user plays."""

from __future__ import annotations

import json

import streamlit as st

from glmkit.agent.mcp_tools import McpTools
from glmkit.agent.tool import Tool
from glmkit.errors import ConfigError, message
from glmkit.web.markdown import label, safe_markdown
from glmkit.web.service import BUNDLED, BUNDLED_MAX_TOOLS, read_tools
from glmkit.web.session import Session
from glmkit.web.widgets import kept, show_error


def show_tool_panel(session: Session) -> None:
    """Show it."""
    st.toggle(message("web-manual"), help=message("web-manual-help"), **kept(session, "manual"))
    if session.settings.manual:
        st.text_area(
            message("web-manual-tools"),
            height=280,
            help=message("web-manual-tools-help"),
            **kept(session, "manual_tools"),
        )
        try:
            tools = read_tools(session.settings.manual_tools)
        except ConfigError as error:
            show_error(error)
            return
        st.caption(message("web-manual-count", names=", ".join(label(tool.name) for tool in tools) or "-"))
        return
    with st.expander(message("web-tools"), expanded=True):
        for source in session.service.sources:
            if isinstance(source, McpTools):
                st.caption(message("web-mcp"))
            for tool in source.tools:
                _show_tool(session, tool)
        settings = session.settings
        if settings.model == BUNDLED and len(settings.tools) > BUNDLED_MAX_TOOLS:
            st.warning(message("web-tools-too-many", name=BUNDLED, limit=BUNDLED_MAX_TOOLS))
        st.caption(message("web-tools-more"))


def _show_tool(session: Session, tool: Tool) -> None:
    key = f"tool-{tool.name}"

    def changed() -> None:
        (session.settings.tools.add if st.session_state[key] else session.settings.tools.discard)(tool.name)

    st.session_state[key] = tool.name in session.settings.tools
    switch, schema = st.columns([11, 2], gap=None, vertical_alignment="center")
    title = label(tool.name) + (" :orange[:material/warning:]" if tool.dangerous else "")
    switch.toggle(title, key=key, on_change=changed)
    with schema.popover("", icon=":material/data_object:", key=f"schema-{tool.name}"):
        st.markdown(safe_markdown(tool.description[:2000]))
        if tool.dangerous:
            st.caption(message("web-tool-dangerous"))
        st.code(json.dumps(tool.definition(), ensure_ascii=False, indent=2), language="json", wrap_lines=True)
