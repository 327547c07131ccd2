"""Everyday tools in glmkit-mini's data: glmkit's own as the API writes them, variations of them, true results."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import pytest

from glmkit.agent.annotations import convert
from glmkit.agent.python_tools import SHIPPED, PythonTools
from glmkit.agent.result import as_text
from glmkit.agent.shipped import calculator, convert_unit
from glmkit.agent.toolbox import Toolbox
from glmkit.chat.json_schema import mismatches
from glmkit.chat.protocol import encode_chat, encode_conversation
from glmkit.chat.tokenizer import Tokenizer
from glmkit.chat.tools_layout import write_tools
from glmkit.chat.validation import validate
from glmkit.loading import tools_layout_of
from glmkit.serving.api.tool_requests import read_tools
from glmkit.serving.api.types import ChatRequest
from scripts.glmkit_mini import words
from scripts.glmkit_mini.answers import TRANSIENT_ERRORS
from scripts.glmkit_mini.everyday_tools import FAMILIES, everyday_tool, shipped_definitions
from scripts.glmkit_mini.everyday_turns import FAMILIES as TURNS
from scripts.glmkit_mini.everyday_turns import by_name
from scripts.glmkit_mini.everyday_words import PHRASES, QUANTITIES, UNITS, ZONES
from scripts.glmkit_mini.tool_episodes import episodes
from scripts.glmkit_mini.words import Language, Split

BOTH = [("en", "train"), ("en", "heldout"), ("zh", "train"), ("zh", "heldout")]


def draw(language: Language, split: Split, count: int = 500, seed: int = 7) -> list[dict[str, Any]]:
    return list(itertools.islice(episodes(random.Random(seed), language, split, "everyday"), count))


def calls(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in row["conversations"] if item["role"] == "tool"]


@pytest.mark.parametrize(("language", "split"), BOTH)
def test_rows_are_without_fault_and_calls_fit(language: Language, split: Split, mini_tokenizer: Tokenizer) -> None:
    rows = draw(language, split)
    assert rows == draw(language, split)
    for row in rows:
        assert validate(row) == []
        assert len(encode_conversation(row, mini_tokenizer).input_ids) < 1500
        known = {function["name"]: function["parameters"] for function in write_tools(row["tools"], "schema")}
        for item in calls(row):
            assert mismatches(known[item["name"]], item["parameters"]) == []
        assert all(value in row["conversations"][-1]["content"] for value in row["about"]["key_values"])
    kinds = {row["about"]["kind"] for row in rows}
    assert kinds == {*(f"everyday {family}" for family in FAMILIES), "missing", "no_tool"}


def test_the_shipped_tools_stand_in_a_prompt_as_the_api_writes_them(mini_tokenizer: Tokenizer) -> None:
    toolbox = Toolbox([PythonTools(SHIPPED)])
    try:
        definitions = {tool.name: tool.definition() for tool in toolbox.tools}
    finally:
        toolbox.close()
    assert shipped_definitions() == definitions
    seen = set()
    for row in draw("en", "train", 300):
        if row["about"]["layout"] != "openai" or len(row["tools"]) > 1:
            continue
        name = row["tools"][0]["function"]["name"]
        if name not in definitions:
            continue
        seen.add(name)
        # The body that glmkit.agent.api sends, read by the server.
        tools = [{"type": "function", "function": definitions[name]}]
        body = ChatRequest.model_validate(
            {"model": "glmkit-mini", "messages": [row["conversations"][0]], "tools": tools}
        )
        system = read_tools(body).system_message()
        layout = tools_layout_of("glmkit-mini")
        served = encode_chat([*system, row["conversations"][0]], mini_tokenizer, tools_layout=layout)
        trained = encode_conversation(row, mini_tokenizer).input_ids
        assert trained[: len(served)] == served
    assert seen == set(definitions)


def test_results_are_what_the_tools_return() -> None:
    checked = set()
    for item in itertools.chain.from_iterable(map(calls, [*draw("en", "train"), *draw("zh", "heldout")])):
        failed = any(reason in item["observation"] for reason in TRANSIENT_ERRORS)
        if item["name"] == "calculator" and not failed:
            assert item["observation"] == calculator(**item["parameters"])
            checked.add("sum")
        if item["name"] == "convert_unit" and not failed:
            assert item["observation"] == as_text(convert_unit(**convert(convert_unit, item["parameters"])))
            checked.add("unit")
        if item["name"] == "random_number_generator" and not failed:
            low, high = item["parameters"]["range"]
            assert low <= int(item["observation"]) <= high
            checked.add("random")
    assert checked == {"sum", "unit", "random"}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_tool_is_glmkits_own_or_one_of_many_others(family: str) -> None:
    rng = random.Random(3)
    tools = [everyday_tool(rng, "zh", "train", "en", family) for _ in range(400)]
    texts = {json.dumps(tool.tool.given) for tool in tools}
    own = [tool for tool in tools if tool.tool.given in shipped_definitions().values()]
    assert 0.3 < len(own) / len(tools) < 0.5
    assert len(texts) > 60
    for tool in tools:
        turn = TURNS[family](rng, tool, "zh", "train")
        assert tool.tool.given is not None
        assert mismatches(tool.tool.given["parameters"], by_name(tool, turn)) == []


def test_examples_in_descriptions_are_not_what_is_asked_for() -> None:
    rows = [row for row in draw("en", "train", 1500) if row["about"]["kind"] == "everyday weather"]
    own = [item for row in rows for item in calls(row) if item["name"] == "get_weather"]
    cities = [item["parameters"]["city_name"] for item in own]
    assert len(set(cities)) > 50
    assert cities.count("Beijing") / len(cities) < 0.05


def test_phrasings_are_split_and_units_and_zones_are_known() -> None:
    for table in PHRASES.values():
        for phrases in table.values():
            train, heldout = words.part(phrases, "train"), words.part(phrases, "heldout")
            assert len(train) > 5 and heldout and not set(train) & set(heldout)
    for unit in UNITS:
        for name in (*unit.names["en"], *unit.names["zh"]):
            same = next(one for one in UNITS if one.quantity == unit.quantity and one is not unit)
            assert convert_unit(1.0, name, same.names["zh"][0])["unit"] == same.names["zh"][0]
    assert len(QUANTITIES) > 8
    assert all(len(zone) == 4 and "/" in zone[2] for zone in ZONES)
