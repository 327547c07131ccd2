"""What a model wrote -> Markdown that Streamlit may show: no pictures from anywhere, formulas in the form it knows.

Streamlit shows HTML as text by itself, and the page's security policy lets no foreign picture load; here a picture
becomes a link that can be seen. Code is left as it is.
"""

from __future__ import annotations

import re

from glmkit.chat.printable import printable

MAX_CHARACTERS = 200_000  # of one message; more freezes browsers
PIECE = 4_000  # characters that a browser draws at once without a pause
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_CODE_SPAN = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_PICTURE = re.compile(r"!(?=\[)")
_INLINE_FORMULA = re.compile(r"\\\((.+?)\\\)")
_DISPLAYED_FORMULA = re.compile(r"\\\[(.+?)\\\]", re.DOTALL)
# "$5 and $10" is money; "$5x^2$" is a formula.
_MONEY = re.compile(r"(?<![\\$\w])\$(?=\d)(?![^$\n]*[\\^_={}+*/<>][^$\n]*\$)")
_DIRECTIVE = re.compile(r":(?=[a-z-]+\[|[a-z_][\w+-]*:|material/)")  # Streamlit's colours, icons and emoji by name
# A line after an empty one that may belong to the list, quotation or table before it.
_GOES_ON = re.compile(r"[ \t]|[-*+>|]|\d{1,9}[.)]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def safe_markdown(text: str) -> str:
    """Return Markdown to show for ``text``, cut to ``MAX_CHARACTERS``; the history keeps the text as it was."""
    text = cut(text)
    result: list[str] = []
    prose: list[str] = []
    fence = ""
    for line in plain(text).split("\n"):
        mark = _FENCE.match(line)
        if fence:
            result.append(line)
            if mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = ""
        elif mark and not (mark[1][0] == "`" and "`" in mark[2]):
            result += [_prose("\n".join(prose)), line] if prose else [line]
            prose = []
            fence = mark[1]
        else:
            prose.append(line)
    if prose:
        result.append(_prose("\n".join(prose)))
    return "\n".join(result)


def cut(text: str) -> str:
    """Return as much of it as is shown."""
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]} …"


def piece_end(text: str, start: int) -> int:
    """Return where the piece of Markdown that begins at ``start`` ends: the rest of ``text``, or less once it is long.

    A piece of at least ``PIECE`` characters ends before a paragraph, heading or fence that stands alone, and further
    text never moves its end. So a growing text is drawn piece by piece, and only its last piece again and again.
    """
    fence, is_blank, position = "", False, start
    while (end := text.find("\n", position)) >= 0:
        line = text[position:end]
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = ""
        else:
            stands_alone = is_blank and line.strip() and not _GOES_ON.match(line)
            if stands_alone and position - start >= PIECE and not _in_formula(text[start:position]):
                return position
            if mark and not (mark[1][0] == "`" and "`" in mark[2]):
                fence = mark[1]
        is_blank = not line.strip()
        position = end + 1
    return len(text)


def _in_formula(text: str) -> bool:
    return text.count("\\[") > text.count("\\]") or text.count("$$") % 2 == 1


def plain(text: str) -> str:
    """Return ``text`` without control characters and without marks that turn the direction of writing."""
    return _CONTROL.sub("\ufffd", text.replace("\r\n", "\n"))


def label(text: str) -> str:
    """Return ``text`` in one line as Markdown code, for labels; nothing in it is read as Markdown."""
    return f"`{printable(' '.join(text.split())).replace('`', chr(39))[:80] or '?'}`"


def _prose(text: str) -> str:
    """Change what stands outside of code spans."""
    changed: list[str] = []
    end = 0
    for span in _CODE_SPAN.finditer(text):
        changed += [_changed(text[end : span.start()]), span[0]]
        end = span.end()
    return "".join([*changed, _changed(text[end:])])


def _changed(text: str) -> str:
    text = _DISPLAYED_FORMULA.sub(lambda match: f"$${match[1]}$$", text)
    text = _INLINE_FORMULA.sub(lambda match: f"${match[1].strip()}$", text)
    text = _MONEY.sub(r"\\$", text)
    return _DIRECTIVE.sub(r"\\:", _PICTURE.sub("!\u200b", text))
