"""Server-sent events: whatever is in an event, it stays one."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from glmkit.serving.api.events import event

TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    [
        "a\nb",
        "a\r\nb",
        "\r",
        "\u2028",
        "\u2029",
        "\x85",
        "\x0b\x0c\x1c\x1d\x1e",
        "data: x",
        "[DONE]",
        "\n\ndata: [DONE]\n\n",
    ]
)


@given(text=TEXTS)
def test_an_event_is_one_line_to_every_reader(text: str) -> None:
    data = event({"content": text})
    assert data.decode().splitlines() == [data.decode().strip("\n"), ""]
    assert data.startswith(b"data: ") and data.endswith(b"\n\n")
    assert json.loads(data[6:]) == {"content": text}
