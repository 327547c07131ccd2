"""A floor under the figures of glmkit-mini's card: a broken model, tokenizer or protocol falls through it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from glmkit.loading import load_model, load_tokenizer
from glmkit.serving.engine import Engine
from scripts.glmkit_mini.evaluate import ask, questions_of, shares
from scripts.glmkit_mini.make_data import write_heldout

BUNDLED = Path(__file__).resolve().parents[2] / "glmkit" / "bundled" / "glmkit-mini"
ROWS = 6  # of each language and file
SEED = 77  # not the card's
# Far below the card's figures: this many questions move a share by several points each.
FLOORS = {
    "seen calls": 0.75,
    "seen answers": 0.75,
    "unseen calls": 0.5,
    "unseen answers": 0.6,
    "programs": 0.5,
    "talk, same words": 0.1,
}


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    folder = tmp_path_factory.mktemp("held-out")
    write_heldout(folder, ROWS, SEED)
    questions = questions_of(folder, ROWS)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    tokenizer = load_tokenizer(BUNDLED)
    engine = Engine(load_model(BUNDLED), tokenizer, max_batch=32, max_seq_len=2048)
    replies = ask(engine, questions, tokenizer)
    torch.set_num_threads(threads)
    return shares(questions, [question.is_right(reply) for question, reply in zip(questions, replies, strict=True)])


@pytest.mark.parametrize("metric", FLOORS)
def test_no_figure_of_the_card_falls_through_its_floor(figures: dict[str, dict[str, float]], metric: str) -> None:
    assert figures[metric]["count"] >= ROWS
    assert figures[metric]["all"] >= FLOORS[metric], figures[metric]


def test_both_languages_are_there(figures: dict[str, dict[str, float]]) -> None:
    for metric in ("seen calls", "programs"):
        assert {"en", "zh"} <= figures[metric].keys()
        assert min(figures[metric]["en"], figures[metric]["zh"]) >= 0.4, figures[metric]
