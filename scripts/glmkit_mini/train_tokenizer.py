"""Train glmkit-mini's tokenizer: SentencePiece BPE of 8,192 pieces, made so that a small model can copy.

    python -m scripts.glmkit_mini.train_tokenizer --output glmkit/bundled/glmkit-mini/tokenizer.model

A word has the same pieces wherever it stands: the space is a piece of its own, letters never join punctuation, digits
and Chinese characters stand alone. So a value in a request and the same value in a call are the same ids. What that
costs in length, a few hundred fixed pieces win back: indents, JSON's and Python's punctuation, " of the ".

Text comes from the generators (training split) and from the docstrings, topics and sources of the Python that runs
this, which are under the PSF licence.
"""

from __future__ import annotations

import argparse
import importlib
import io
import itertools
import random
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from glmkit.chat.conversation import TOOL_SENTENCE
from scripts.glmkit_mini.mixture import GENERATORS

VOCAB_SIZE = 8192
ROWS_EACH = 4000  # of every generator and language
WORDS_TRAINED_ON = 2_000_000
WORDS_A_LINE = 40
SOURCE_WEIGHTS = {"rows": 0.6, "prose": 0.25, "code": 0.15}
SPACE = "▁"

# Words that stand between spaces so often that the spaces belong to them.
_BETWEEN = """a about above after all also an and any are as at be before below but by can do for from has have how I if in
into is it its may more must my no not of off on one only or other out over so such than that the their then there these
they this to under until up use used using was we what when where which who will with you your
of the|in the|to the|for the|on the|is the|and the|from the|with the|by the|as the|at the|is a|with a|for a|of a|to a"""
FIXED_PIECES = [
    *(SPACE * n for n in (1, 2, 3, 4, 8, 12, 16, 20, 24, 28, 32)),
    *("\n" + SPACE * n for n in (2, 4, 8, 12, 16, 20, 24, 28)),  # a line's end and the next one's indent
    *(f"{SPACE}{word.replace(' ', SPACE)}{SPACE}" for word in _BETWEEN.split("\n")[-1].split("|")),
    *(f"{SPACE}{word}{SPACE}" for line in _BETWEEN.split("\n")[:-1] for word in line.split()),
    # JSON
    *('"name":▁"', '"description":▁"', '"type":▁"string"', '"type":▁"integer"', '"type":▁"number"'),
    *('"type":▁"boolean"', '"type":▁"array"', '"type":▁"object"', '"type":▁"function"', '"type":▁"str"'),
    *('"type":▁"int"', '"type":▁"float"', '"type":▁"bool"', '"type":▁"list"', '"type":▁"'),
    *('"parameters":▁{', '"properties":▁{', '"required":▁[', '"required":▁true', '"required":▁false', '"params":▁['),
    *('"function":▁{', '"enum":▁[', '"items":▁{', '"default":▁', '"status":▁"', '"error":▁"', '"message":▁"', '"result":▁'),
    *('":▁"', '":▁{', '":▁[', '":▁', '",▁"', '",', '"},', '},', '],', '"}', '"]', '{"', '["', '[{"', '"}]', '}}', '},▁{"'),
    # calls and Python
    *("tool_call(", "```", "='", "',▁'", "',▁", "')", "=['", "'],▁", "'])", "=[", "],▁", "])", "({", "})", "()", "):"),
    *(",▁", ".▁", ":▁", ";▁", "?▁", "!▁", ")▁", "▁(", "▁=▁", "▁+▁", "▁-▁", "▁*▁", "▁/▁", "▁%▁", "▁==▁", "▁!=▁", "▁<▁", "▁>▁"),
    *("▁<=▁", "▁>=▁", "▁+=▁", "▁//▁", "**", "//", "==", "->", "...", '"""', "f'", 'f"', "('", '("', '")', "['", "']", "[0]"),
    *("Status▁Code:▁", ".▁Response:▁", "-▁", "://", "__", "__init__", "\\n", "：“", "”，", "”。", "。“", "▁–▁", "%)"),
]  # fmt: skip

ASCII_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
CJK_PUNCTUATION = "，。、；：？！“”‘’（）《》〈〉【】「」『』—…·～￥％＋－＝　０１２３４５６７８９"
OTHER_CHARACTERS = "°€£¥©®±×÷²³µ½¼→←↑↓•–—’‘“”…≤≥≠≈√∞πΔαβγλσ✓ áàâäãåçéèêëíìîïñóòôöõúùûüýÿßœæøÁÀÂÄÅÇÉÈÊËÍÎÏÑÓÒÔÖÚÙÛÜßŒÆØ"


def common_han() -> str:
    """Return GB 2312's first level: the 3,755 most used Chinese characters."""
    rows, cells = range(0xB0, 0xD8), range(0xA1, 0xFF)
    pairs = (bytes((row, cell)) for row in rows for cell in cells)
    return "".join(pair.decode("gb2312", errors="ignore") for pair in pairs)


def row_texts(rows_each: int) -> Iterator[str]:
    """Yield the texts of generated training rows of every kind and both languages, with their tool sentence."""
    for name, generator in GENERATORS.items():
        for language in ("en", "zh"):
            rng = random.Random(f"tokenizer {name} {language}")
            for row in itertools.islice(generator(rng, language, "train"), rows_each):
                if "tools" in row:
                    yield f"{TOOL_SENTENCE} {row['tools']!r}"
                yield from (str(item) for item in row["conversations"])


def python_texts() -> Iterator[tuple[str, str]]:
    """Yield ("prose", docstring or topic) and ("code", source) of the standard library."""
    topics = importlib.import_module("pydoc_data.topics").topics
    yield from (("prose", text) for text in topics.values())
    library = Path(importlib.import_module("os").__file__ or "").parent
    for path in sorted(library.glob("*.py")):
        source = path.read_text(encoding="utf-8", errors="ignore")
        yield "code", source
        try:
            for token in tokenize.generate_tokens(io.StringIO(source).readline):
                if token.type == tokenize.STRING and token.string.startswith(('"""', 'r"""')):
                    yield "prose", token.string
        except (tokenize.TokenError, SyntaxError):
            continue


def word_counts(rows_each: int) -> dict[str, Counter[str]]:
    """Return how often each run of letters stands in each source."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in SOURCE_WEIGHTS}
    tagged = itertools.chain((("rows", text) for text in row_texts(rows_each)), python_texts())
    for source, text in tagged:
        counts[source].update(re.findall(r"[A-Za-z]+", text))
    return counts


def training_lines(counts: dict[str, Counter[str]], seed: int = 0) -> Iterator[str]:
    """Yield lines of words, drawn from the sources in their shares; nothing but letters can then be merged."""
    rng = random.Random(seed)
    words: list[str] = []
    for source, share in SOURCE_WEIGHTS.items():
        population, weights = zip(*sorted(counts[source].items()), strict=True)
        words += rng.choices(population, weights, k=int(share * WORDS_TRAINED_ON))
    rng.shuffle(words)
    for start in range(0, len(words), WORDS_A_LINE):
        yield " ".join(words[start : start + WORDS_A_LINE])


def train(output: Path, vocab_size: int, rows_each: int) -> None:
    """Train and write ``output``."""
    import sentencepiece

    required = "".join(
        dict.fromkeys(common_han() + ASCII_PUNCTUATION + CJK_PUNCTUATION + OTHER_CHARACTERS + "0123456789")
    )
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=training_lines(word_counts(rows_each)),
        model_writer=model,
        model_type="bpe",
        vocab_size=vocab_size,
        byte_fallback=True,
        normalization_rule_name="identity",
        add_dummy_prefix=True,
        remove_extra_whitespaces=False,
        split_digits=True,
        character_coverage=1.0,
        required_chars=required.replace(" ", "").replace("　", ""),
        user_defined_symbols=list(dict.fromkeys(FIXED_PIECES)),
        max_sentence_length=100_000,
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=-1,
        num_threads=1,  # the same pieces on every machine
        minloglevel=1,
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(model.getvalue())


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("glmkit/bundled/glmkit-mini/tokenizer.model"))
    parser.add_argument("--vocab-size", type=int, default=VOCAB_SIZE)
    parser.add_argument("--rows-each", type=int, default=ROWS_EACH, help="generated rows of each kind and language")
    options = parser.parse_args()
    train(options.output, options.vocab_size, options.rows_each)
    print(f"{options.output}: {options.output.stat().st_size:,} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
