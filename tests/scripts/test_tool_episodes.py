"""The tool generator of glmkit-mini: deterministic, without faults, honest about what is held out."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import pytest

from glmkit.chat.conversation import Conversation
from glmkit.chat.json_schema import mismatches
from glmkit.chat.protocol import encode_conversation
from glmkit.chat.tokenizer import Tokenizer
from glmkit.chat.tools_layout import write_tools
from glmkit.chat.validation import validate
from scripts.glmkit_mini import catalogue, words
from scripts.glmkit_mini.make_data import heldout_rows, plan, rows_of
from scripts.glmkit_mini.mixture import SHARES
from scripts.glmkit_mini.schemas import join_name, pool
from scripts.glmkit_mini.tool_episodes import KINDS, episodes
from scripts.glmkit_mini.values import NUMBER_WORDS
from scripts.glmkit_mini.words import Language, Split

ROWS = 400
BOTH = [("en", "train"), ("en", "heldout"), ("zh", "train"), ("zh", "heldout")]


def draw(language: Language, split: Split, count: int = ROWS, seed: int = 7) -> list[dict[str, Any]]:
    return list(itertools.islice(episodes(random.Random(seed), language, split), count))


def functions(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The tools of a row, whatever their layout."""
    tools = row["tools"].values() if isinstance(row["tools"], dict) else row["tools"]
    return [tool.get("function", tool) for tool in tools]


def schemas(row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The schema of each tool's arguments, whatever the layout."""
    return {function["name"]: function["parameters"] for function in write_tools(row["tools"], "schema")}


def is_crossed(row: dict[str, Any]) -> bool:
    """Whether a tool is described in the other language than the request's."""
    return any(written != row["about"]["language"] for written in row["about"]["written"])


def test_one_seed_gives_one_stream() -> None:
    assert draw("en", "train", 50) == draw("en", "train", 50)
    assert draw("en", "train", 50) != draw("en", "train", 50, seed=8)


@pytest.mark.parametrize(("language", "split"), BOTH)
def test_every_row_is_without_fault_and_has_each_kind(language: Language, split: Split) -> None:
    rows = draw(language, split)
    assert [problem for row in rows for problem in validate(row)] == []
    kinds = {maker.__name__ for maker in KINDS} - ({"everyday"} if split == "heldout" else set())
    assert {row["about"]["kind"].split()[0] for row in rows} == kinds
    assert {row["about"]["layout"] for row in rows} == {"schema", "params", "openai"}
    assert all(Conversation.from_dict(row).messages[0].role == "system" for row in rows)


@pytest.mark.parametrize(("language", "split"), BOTH)
def test_calls_fit_the_schemas(language: Language, split: Split) -> None:
    for row in draw(language, split):
        known = schemas(row)
        assert len(known) == len(functions(row))
        for item in row["conversations"]:
            if item["role"] == "tool":
                assert set(item["parameters"]) <= set(known[item["name"]]["properties"])
                assert mismatches(known[item["name"]], item["parameters"]) == []


@pytest.mark.parametrize(("language", "split"), BOTH)
def test_arguments_stand_in_what_was_said_before(language: Language, split: Split) -> None:
    for row in draw(language, split):
        if row["about"]["kind"].startswith("everyday") or (split == "train" and is_crossed(row)):
            continue  # there a value may be a translation: "Tokyo" as a time zone, "红" as "red"
        said = ""
        for item in row["conversations"]:
            if item["role"] == "tool":
                for value in item["parameters"].values():
                    for one in value if isinstance(value, list) else [value]:
                        spelled = NUMBER_WORDS[language][one - 1] if isinstance(one, int) and 1 <= one <= 10 else None
                        assert isinstance(one, bool) or str(one) in said or (spelled and spelled in said), row
                said += item["observation"]
            else:
                said += item["content"] + "\n"


@pytest.mark.parametrize(("language", "split"), BOTH)
def test_the_last_answer_quotes_what_it_should(language: Language, split: Split) -> None:
    for row in draw(language, split):
        assert all(value in row["conversations"][-1]["content"] for value in row["about"]["key_values"])


@pytest.mark.parametrize("of_tool", [False, True])
def test_a_name_of_nothing_but_small_words_is_one(of_tool: bool) -> None:
    small = ["of", "the"]
    names = {join_name(random.Random(seed), small, of_tool=of_tool).lower() for seed in range(100)}
    assert names == {"_".join(small), "".join(small)}  # every style


def test_held_out_tools_and_words_are_others() -> None:
    for language in catalogue.LANGUAGES:
        train, heldout = pool(language, "train"), pool(language, "heldout")
        assert not {tool.name.lower() for tool in train} & {tool.name.lower() for tool in heldout}
        assert not {tool.noun for tool in train} & {tool.noun for tool in heldout}
        cues = [{p.cue for tool in tools for p in tool.parameters} for tools in (train, heldout)]
        assert not cues[0] & cues[1]
    assert len(pool("en", "train")) > 500
    names = [set(catalogue.PARAMETERS[split]) for split in ("train", "heldout")]
    assert not names[0] & names[1]
    assert not set(words.part(words.NOUNS, "train")) & set(words.part(words.NOUNS, "heldout"))


def test_no_natural_language_layout_and_prompts_stay_short(mini_tokenizer: Tokenizer) -> None:
    lengths = []
    for row in [*draw("en", "train", 200), *draw("zh", "train", 200)]:
        assert all(isinstance(function, dict) for function in functions(row))
        lengths.append(len(encode_conversation(row, mini_tokenizer).input_ids))
    assert sum(lengths) / len(lengths) < 450
    assert max(lengths) < 1500


def test_half_of_the_mixture_is_chinese_in_the_stated_shares() -> None:
    chunks = plan(20_000)
    assert sum(size for *_, size in chunks) == 20_000
    assert sum(size for _, language, _, size in chunks if language == "zh") == 10_000
    for name, share in SHARES.items():
        assert sum(size for other, *_, size in chunks if other == name) == round(20_000 * share)
    rows = rows_of(("tools", "zh", 3, 20), 1)
    assert rows == rows_of(("tools", "zh", 3, 20), 1)
    assert any("\u4e00" <= character <= "\u9fff" for character in json.dumps(rows[0], ensure_ascii=False))


def test_held_out_rows_of_seen_tools_are_new_requests_to_known_tools() -> None:
    known = {tool.name for tool in pool("en", "train")}
    rows = list(itertools.islice(heldout_rows("seen_tools", "en", 1), 100))
    assert {function["name"] for row in rows for function in functions(row)} <= known


def test_some_tools_are_described_in_the_other_language() -> None:
    shares = {
        language: sum(map(is_crossed, rows := draw(language, "train", 1000))) / len(rows) for language in ("en", "zh")
    }
    assert 0.04 < shares["en"] < 0.15
    assert 0.2 < shares["zh"] < 0.45  # most real tools are English
    for language in catalogue.LANGUAGES:
        crossed = list(itertools.islice(episodes(random.Random(7), language, "heldout", "crossed"), 100))
        assert all(is_crossed(row) for row in crossed)
        assert [problem for row in crossed for problem in validate(row)] == []
        assert not any(is_crossed(row) for row in draw(language, "heldout"))


def test_some_calls_have_no_arguments_and_some_tools_no_parameters() -> None:
    rows = draw("en", "train", 600)
    calls = [item for row in rows for item in row["conversations"] if item["role"] == "tool"]
    assert any(item["parameters"] == {} for item in calls)
    assert any(not schema["properties"] for row in rows for schema in schemas(row).values())
    written = json.dumps([row["tools"] for row in rows])
    assert all(
        f'"{word}"' in written for word in ("prefixItems", "items", "minItems", "anyOf", "null", "title", "default")
    )


def test_one_tool_is_asked_for_with_and_without_what_it_needs() -> None:
    rows = [row for row in draw("zh", "train", 600) if row["about"]["kind"] == "missing"]
    assert len(rows) > 60
    roles = [[item["role"] for item in row["conversations"]] for row in rows]
    asked, whole = ["user", "assistant", "user", "tool", "assistant"], ["user", "tool", "assistant"]
    assert asked + whole in roles and asked in roles
    assert any(one[:3] == whole and one[3:] == asked for one in roles)
