"""What training alone draws for the interpreter, what it must not draw, and how programs are run."""

from __future__ import annotations

import itertools
import random
import re
from typing import Any

import pytest

from glmkit.agent.sandbox import probe
from glmkit.chat.conversation import TOOL_SENTENCE, Conversation
from scripts.glmkit_mini import interpreter_episodes as episodes
from scripts.glmkit_mini.interpreter_everyday import EVERYDAY
from scripts.glmkit_mini.interpreter_joint import RIVALS, names_of
from scripts.glmkit_mini.interpreter_kinds import Task, make_task, run
from scripts.glmkit_mini.interpreter_phrasings import MORE, core, training_phrasings
from scripts.glmkit_mini.interpreter_sessions import session
from scripts.glmkit_mini.interpreter_strings import COMBINED
from scripts.glmkit_mini.programs import open_runner, run_in_process

LANGUAGES = ("en", "zh")
# What the kinds of COMBINED join, in whichever order.
JOINED = (
    re.compile(r"\[::-1\].*\.upper\(\)|\.upper\(\).*\[::-1\]"),
    re.compile(r"sum\(n for n in (\[|\w+ ).*n % 2 == 0|sum\(\[n for n in .*n % 2 == 0"),
    re.compile(r"\d \* \(?\d+ \* \d|\d \* \d+\) \* \d"),
    re.compile(r"len\(\[n for n in .* if n > \d"),
)


def trained(language: Any, count: int, seed: int = 1) -> list[Task]:
    rng = random.Random(seed)
    return [episodes.draw_task(rng, language, "train") for _ in range(count)]


def codes(row: dict[str, Any]) -> list[str]:
    return [m["content"][10:-4] for m in row["conversations"] if m.get("metadata") == "interpreter"]


def test_the_tests_below_know_what_is_kept_apart() -> None:
    for kind, pattern in zip(COMBINED, JOINED, strict=True):
        assert pattern.search(make_task(random.Random(1), kind, "en", "heldout").code)


@pytest.mark.parametrize("language", LANGUAGES)
def test_training_never_joins_what_held_out_tasks_join(language: Any) -> None:
    rows = itertools.islice(episodes.episodes(random.Random(2), language, "train"), 4000)
    for code in itertools.chain.from_iterable(codes(row) for row in rows):
        assert not any(pattern.search(line) for pattern in JOINED for line in code.split("\n")), code


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrasing_of_held_out_tasks_is_never_asked_in_training(language: Any) -> None:
    kept = 0
    for kind in itertools.chain.from_iterable(kinds for kinds, _ in episodes.GROUPS):
        phrasings = kind.zh if language == "zh" else kind.en
        if len(phrasings) < 4:
            continue
        usual, more = training_phrasings(phrasings, kind.en[0], phrasings[-1], language)
        assert usual == phrasings[:-1]
        assert not [text for text in more if core(phrasings[-1]) in core(text)]
        kept += 1
    assert kept > 80
    tasks = [task for task in trained(language, 4000) if task.reserved]
    assert len(tasks) > 1000
    for task in tasks:
        assert task.reserved not in core(task.question)


def test_further_phrasings_belong_to_kinds() -> None:
    names = {kind.en[0] for kinds, _ in episodes.GROUPS for kind in kinds}
    assert MORE.keys() <= names
    assert len(MORE) > 90


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_program_of_training_runs(language: Any) -> None:
    tasks = trained(language, 3000, seed=3)
    rng = random.Random(4)
    tasks += [make_task(rng, kind, language, "train") for kind in EVERYDAY for _ in range(5)]
    for task in tasks:
        assert task.result and "Error" not in task.result, task
        assert run(task.code) == task.result
        assert task.result in task.answer
        assert not re.search(r"\$[a-z{]|\{\}", task.question + task.answer), task


@pytest.mark.parametrize("language", LANGUAGES)
def test_training_asks_in_many_words(language: Any) -> None:
    shapes = {re.sub(r"[\d.,]+", "0", task.question) for task in trained(language, 2000) if "print(" in task.code}
    assert len(shapes) > 1500


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_session_uses_what_it_kept(language: Any) -> None:
    plots = repairs = 0
    for seed in range(300):
        messages = session(random.Random(seed), language, "train")
        state: dict[str, Any] = {}
        name = messages[1]["content"].split("\n")[1].split(" = ")[0]
        for call, shown in itertools.pairwise(messages):
            if shown["role"] != "observation":
                continue
            code = call["content"][10:-4]
            if shown["content"] == "[Image]":
                assert re.search(rf"\b({name}|big)\b", code)
                plots += 1
            elif call.get("loss") is False:
                assert run(code, state) == shown["content"].split("\n")[-1]
                assert "Error" in shown["content"]
                repairs += 1
            else:
                assert run(code, state) == shown["content"]
                assert "Error" not in shown["content"]
    assert plots > 30 and repairs > 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_tools_and_interpreter_each_request_has_its_own(language: Any) -> None:
    rows = itertools.islice(episodes.episodes(random.Random(6), language, "train"), 3000)
    joint = [row for row in rows if "tools" in row]
    assert len(joint) > 80
    uses = {"code": 0, "tool": 0}
    for row in joint:
        tools, system, *rest = Conversation.from_dict(row).messages
        assert (tools.content, tools.tools) == (TOOL_SENTENCE, row["tools"])
        assert (system.role, rest[0].role) == ("system", "user")
        names = names_of(row["tools"])
        assert not any(map(RIVALS.search, names))
        assert {m["name"] for m in row["conversations"] if m["role"] == "tool"} <= set(names)
        for message in row["conversations"]:
            uses["code"] += message.get("metadata") == "interpreter"
            uses["tool"] += message["role"] == "tool"
    assert min(uses.values()) > 30


PROGRAMS = (
    ("x = 5\nprint(x)", "5"),
    ("print(x)", "NameError: name 'x' is not defined"),
    ("print(1 / 0)", "ZeroDivisionError: division by zero"),
    ("3 + 4", ""),
    ("import builtins\nbuiltins.print = None", ""),
    ("print(math.floor(2.5), 'a')", "2 a"),
)


def test_programs_run_in_processes_of_their_own() -> None:
    for code, wanted in PROGRAMS:
        assert run_in_process(code) == wanted


def test_programs_run_in_the_sandbox_with_names_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    with open_runner() as runner:
        for code, wanted in PROGRAMS:
            assert runner(code) == wanted
    level = probe().level
    said = "limited processes" if level == "none" else f"the sandbox, level {level}"
    assert said in capsys.readouterr().err
