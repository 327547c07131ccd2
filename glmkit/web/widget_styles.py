"""What styles mend in Streamlit's widgets: words that it writes in English and has no other place for, and faults."""

from __future__ import annotations

import json

import streamlit as st

from glmkit.agent.sandbox import Limits
from glmkit.errors import message
from glmkit.web.session import MAX_IMPORT_MB

UPLOAD, IMPORT = '[class*="st-key-upload-"]', '[class*="st-key-import-"]'
DROPZONE = "[data-testid=stFileUploaderDropzone]"
INSTRUCTIONS = "[data-testid=stFileUploaderDropzoneInstructions] span"
REFUSED = "[data-testid=stFileUploader]:has([data-testid=stFileChip][aria-invalid=true])"
FORM_HINT = "[data-testid=stForm] [data-testid=InputInstructions] span"
AREA_HINT = "[data-testid=stTextArea]:not([data-testid=stForm] *) [data-testid=InputInstructions] span"


def show_widget_styles() -> None:
    """Put them on the page, the words in the current language."""
    megabytes = Limits().file_bytes >> 20
    replaced = {
        f"{DROPZONE} button[kind=secondary] p": message("web-uploader-choose"),
        f"{DROPZONE} > input + div:not(:has([data-testid])) > *": message("web-uploader-drop"),
        f"{UPLOAD} {INSTRUCTIONS}": message("web-upload-limit", megabytes=megabytes),
        f"{IMPORT} {INSTRUCTIONS}": message("web-import-limit", megabytes=MAX_IMPORT_MB),
        FORM_HINT: message("web-hint-form"),
        AREA_HINT: message("web-hint-area"),
    }
    refused = {
        f"{UPLOAD} {REFUSED}": message("web-upload-refused", megabytes=megabytes),
        f"{IMPORT} {REFUSED}": message("web-import-refused", megabytes=MAX_IMPORT_MB),
    }
    rules = [
        # a field for a number has no room for a hint, and one that is left keeps what was typed anyhow
        "[data-testid=stNumberInput] [data-testid=InputInstructions] {display: none}",
        # a click on an icon opens and shuts at once: the icon is drawn anew, and then the click counts as one outside
        "[data-testid=stPopoverButton] * {pointer-events: none}",
        "[data-testid=stTooltipErrorContent] {display: none}",  # says what stands under the file by now
        f"{', '.join(replaced)} {{font-size: 0 !important}}",
        *(f"{place}::after {{content: {_quoted(text)}; font-size: 0.875rem}}" for place, text in replaced.items()),
        *(
            f"{place}::after {{content: {_quoted(text)}; font-size: 0.875rem; color: #b91c1c}}"
            for place, text in refused.items()
        ),
    ]
    st.html(f"<style>{' '.join(rules)}</style>")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
