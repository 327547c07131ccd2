"""The script that Streamlit runs for every visitor and every click."""

from glmkit.web.page import show_page

show_page()
