"""glmkit-mini's generators: rows a trainer can read, observations that are what the code prints, splits that differ."""

from __future__ import annotations

import itertools
import random
import re
from typing import Any

import pytest

from glmkit.chat.conversation import Conversation
from scripts.glmkit_mini import interpreter_dialogues, interpreter_episodes, talk_episodes
from scripts.glmkit_mini.interpreter_kinds import run

GENERATORS = [interpreter_episodes, talk_episodes]
CHINESE = re.compile("[\u4e00-\u9fff]")


def rows(module: Any, language: str, split: str, count: int, seed: int = 5) -> list[dict[str, Any]]:
    return list(itertools.islice(module.episodes(random.Random(seed), language, split), count))


@pytest.mark.parametrize("module", GENERATORS)
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("split", ["train", "heldout"])
def test_rows_are_valid_and_the_same_for_one_seed(module: Any, language: str, split: str) -> None:
    found = rows(module, language, split, 150)
    assert found == rows(module, language, split, 150)
    for row in found:
        Conversation.from_dict(row)
        questions = "".join(m["content"] for m in row["conversations"] if m["role"] == "user")
        everything = "".join(m["content"] for m in row["conversations"] if m["role"] in ("user", "assistant"))
        assert not re.search(r"\$[a-z{]", everything), everything
        if language == "zh":
            assert CHINESE.search(everything), everything
        else:
            assert not CHINESE.search(questions) or module is talk_episodes


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("split", ["train", "heldout"])
def test_an_observation_is_what_the_code_prints(language: str, split: str) -> None:
    checked = 0
    for row in rows(interpreter_episodes, language, split, 300, seed=9):
        state: dict[str, Any] = {}
        for call, result in itertools.pairwise(row["conversations"]):
            if result["role"] != "observation" or "metadata" not in call:
                continue
            code = re.fullmatch(r"```python\n(.*)\n```", call["content"], re.DOTALL)
            assert code, call
            if result["content"] == "[Image]":
                compile(code[1], "<plot>", "exec")
                assert code[1].endswith("plt.show()")
            elif "/mnt/data/" not in code[1]:
                shown = result["content"].split("\n")[-1] if call.get("loss") is False else result["content"]
                assert run(code[1], state) == shown  # of an error that is put right, the last line
                checked += 1
    assert checked > 200


def test_a_file_is_read_as_it_was_uploaded() -> None:
    code = 'import csv\nrows = list(csv.DictReader(open("/mnt/data/a.csv")))\nprint(max(int(row["x"]) for row in rows))'
    assert run(code, files={"/mnt/data/a.csv": "name,x\nAnn,7\nBob,12\n"}) == "12"
    assert run(code) == "FileNotFoundError: [Errno 2] No such file or directory: '/mnt/data/a.csv'"
    messages = interpreter_dialogues.uploaded_file(random.Random(1), "en", "train")
    assert re.search(r"/mnt/data/|#File: ", messages[0]["content"])
    assert "Error" not in messages[2]["content"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_final_answers_quote_the_result(language: str) -> None:
    for row in rows(interpreter_episodes, language, "train", 200):
        for result, said in itertools.pairwise(row["conversations"]):
            is_shown = result["role"] == "observation" and result["content"] != "[Image]"
            if is_shown and said["role"] == "assistant" and "metadata" not in said:
                assert result["content"] in said["content"]


def test_a_plot_program_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    shown: list[int] = []
    monkeypatch.setattr(pyplot, "show", lambda: shown.append(1))
    pyplot.switch_backend("Agg")
    for seed in range(4):
        messages = interpreter_dialogues.plot(random.Random(seed), "en", "train")
        assert run(messages[1]["content"].removeprefix("```python\n").removesuffix("\n```")) == ""
        pyplot.close("all")
    assert len(shown) == 4


@pytest.mark.parametrize("language", ["en", "zh"])
def test_heldout_tasks_are_new_and_have_an_answer(language: str) -> None:
    def questions(split: str, seed: int) -> dict[str, str]:
        stream = interpreter_episodes.tasks(random.Random(seed), language, split)
        return {messages[-1]["content"]: wanted for messages, wanted in itertools.islice(stream, 600)}

    trained, heldout = questions("train", 3) | questions("train", 4), questions("heldout", 3)
    # Small numbers belong to both splits, so a short task ("square 12") may meet one of training.
    assert len(heldout.keys() & trained.keys()) < 0.03 * len(heldout)
    assert all(wanted and "Error" not in wanted for wanted in heldout.values())


def test_outputs_are_compared_by_value() -> None:
    same = interpreter_episodes.same_output
    assert same("23", "23.0") and same("['a', 'b']", '["a", "b"]') and same("3.1416", "3.14")
    assert not same("24", "23") and not same("abc", "abcd") and not same("3.15", "3.14")
