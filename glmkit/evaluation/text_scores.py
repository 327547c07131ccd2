"""How near a text is to the wanted one: ROUGE-L of a pair, BLEU of many; both bear empty texts and Chinese.

In: texts as a person reads them. Out: numbers from 0 to 1, or to 100 for BLEU as its literature has it. Called by
``answers`` and ``result``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# Scripts written without blanks between words: kana and Han. Each character counts as a word.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


def words(text: str) -> list[str]:
    """Return the words of a text, lower-cased, without punctuation; of Chinese and Japanese the characters."""
    return _WORD.findall(text.casefold())


def rouge_l(wanted: str, given: str) -> float:
    """Return ROUGE-L's F1 (Lin 2004, section 3): the longest common subsequence of words beside both lengths.

    0 when either text has no words and they differ, 1 for equal texts whatever they hold.
    """
    if wanted.strip() == given.strip():
        return 1.0
    left, right = words(wanted), words(given)
    if not left or not right:
        return 0.0
    return 2 * longest_common_subsequence(left, right) / (len(left) + len(right))


def longest_common_subsequence(left: Sequence[str], right: Sequence[str]) -> int:
    """Return its length, a whole row of the usual table at once as the bits of one number (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for index, word in enumerate(left):
        places[word] = places.get(word, 0) | 1 << index
    everything = (1 << len(left)) - 1
    row = everything  # bit i is 0 where the length grows between the first i and i + 1 words of ``left``
    for word in right:
        matches = row & places.get(word, 0)
        row = (row + matches | row - matches) & everything
    return len(left) - row.bit_count()


def bleu(wanted: Sequence[str], given: Sequence[str]) -> float | None:
    """Return the corpus BLEU from 0 to 100, None without texts or where sacrebleu (the extra "eval") is missing.

    Its "zh" tokenizer takes Chinese by characters and everything else as its default does.
    """
    try:
        from sacrebleu.metrics import BLEU
    except ImportError:
        return None
    if not given:
        return None
    return float(BLEU(tokenize="zh").corpus_score(list(given), [list(wanted)]).score)
