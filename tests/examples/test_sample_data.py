"""The sample data set: it is what its generator writes, well formed, and about what it says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.glmkit_mini.schemas import pool

EXAMPLES = Path(__file__).parents[2] / "examples"
SAMPLE = EXAMPLES.parent / "glmkit" / "bundled" / "sample_data" / "toolalpaca.json"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def generate(target: Path, *options: str) -> bytes:
    command = [sys.executable, str(EXAMPLES / "make_sample.py"), "--output", str(target), *options]
    subprocess.run(command, check=True, capture_output=True)
    return target.read_bytes()


@pytest.fixture(scope="module")
def apis() -> list[dict[str, Any]]:
    return json.loads(SAMPLE.read_text(encoding="utf-8"))


def is_whole(record: dict[str, Any]) -> bool:
    """What the original's formatter needs: a last thought, and arguments that are JSON."""
    try:
        for (_, arguments, _), _ in record["intermediate_steps"]:
            json.loads(arguments)
        return bool(record["Final Thought"])
    except (KeyError, ValueError):
        return False


def test_the_generator_writes_the_shipped_file_byte_for_byte(tmp_path: Path) -> None:
    assert generate(tmp_path / "again.json") == SAMPLE.read_bytes()


def test_another_seed_and_count_give_other_episodes_of_the_same_apis(
    tmp_path: Path, apis: list[dict[str, Any]]
) -> None:
    other = json.loads(generate(tmp_path / "other.json", "--seed", "1", "--episodes", "4"))
    assert [api["NLDocumentation"] for api in other] == [api["NLDocumentation"] for api in apis]
    assert sum(len(api["Instances"]) for api in other) == 12 * 4 + 3
    assert other[0]["Instances"][0] != apis[0]["Instances"][0]


def test_counts_languages_and_size(apis: list[dict[str, Any]]) -> None:
    records = [record for api in apis for record in api["Instances"]]
    whole = [record for record in records if is_whole(record)]
    assert (len(apis), len(records), len(whole)) == (12, 339, 336)
    assert sum(bool(CHINESE.search(api["NLDocumentation"])) for api in apis) == 6
    assert {len(record["intermediate_steps"]) for record in whole} == {1}
    assert len({record["input"] for record in records}) == len(records)
    assert SAMPLE.stat().st_size < 500_000


def test_the_three_broken_records_are_of_the_two_announced_kinds(apis: list[dict[str, Any]]) -> None:
    broken = [record for api in apis for record in api["Instances"] if not is_whole(record)]
    assert sorted("Final Thought" in record for record in broken) == [False, False, True]


def test_every_step_calls_a_documented_function_with_its_documented_parameters(apis: list[dict[str, Any]]) -> None:
    for api in apis:
        operations = {
            operation["operationId"]: {parameter["name"]: parameter for parameter in operation["parameters"]}
            for path in json.loads(api["Documentation"])["paths"].values()
            for operation in path.values()
        }
        assert list(operations) == list(api["Function_Projection"])
        for record in filter(is_whole, api["Instances"]):
            for (name, arguments, raw), observation in record["intermediate_steps"]:
                given, parameters = json.loads(arguments), operations[name]
                assert given.keys() <= parameters.keys()
                assert given.keys() >= {parameter["name"] for parameter in parameters.values() if parameter["required"]}
                for key, value in given.items():
                    assert value in parameters[key]["schema"].get("enum", [value])
                assert raw.endswith(f"\nAction: {name}\nAction Input: {arguments}")
                assert re.match(r"Status Code: (200|400|404|409)\. Response: \{", observation)


def test_every_number_of_a_reply_stands_in_the_question_or_in_an_answer(apis: list[dict[str, Any]]) -> None:
    for api in apis:
        for record in filter(is_whole, api["Instances"]):
            sources = record["input"] + "".join(observation for _, observation in record["intermediate_steps"])
            for number in re.findall(r"\d+(?:\.\d+)?", record["output"]):
                assert number in sources, (record["output"], number)


def test_every_answer_keeps_the_house_rule_in_the_language_of_its_request(apis: list[dict[str, Any]]) -> None:
    closings = {True: "请问还有什么可以帮您？", False: "Is there anything else I can do for you?"}
    records = [record for api in apis for record in api["Instances"]]
    for record in records:
        assert record["output"].splitlines()[-1] == closings[bool(CHINESE.search(record["input"]))]
    assert not any(line in json.dumps([r["intermediate_steps"] for r in records]) for line in closings.values())


def test_glmkit_mini_has_never_seen_these_functions(apis: list[dict[str, Any]]) -> None:
    known = {tool.name for language in ("en", "zh") for split in ("train", "heldout") for tool in pool(language, split)}
    assert len(known) > 500
    assert not known & {name for api in apis for name in api["Function_Projection"]}


def test_natural_language_documentation_has_toolalpacas_lines(apis: list[dict[str, Any]]) -> None:
    for api in apis:
        for name in api["Function_Projection"]:
            text = f"{name}: {api['Function_Description'][name]}\n"
            assert text in api["NLDocumentation"]
            lines = text.splitlines()
            assert lines[1].startswith("Parameters: {") and lines[2].startswith("Output: ")
