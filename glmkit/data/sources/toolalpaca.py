"""ToolAlpaca's train_data.json: one row an API, with recorded episodes (``Instances``) of an agent using it.

Does what the original's ``format_tool_alpaca.py`` does: the documentation text becomes the only entry of ``tools``,
each step a thought and a tool call with its observation, the final thought and the output the last reply. An episode
that lacks a part is left out and counted, as there. Called through read.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from glmkit.chat.printable import shown
from glmkit.chat.tools_layout import is_text, tool_problems, write_tools
from glmkit.data.sources.source import Example
from glmkit.data.sources.written import Row, Written, answer_of, canonical, has_other_fields, split_system, turns_of
from glmkit.data.strict_json import decode_all
from glmkit.errors import Problem, message

NAME = "toolalpaca"
MAX_GROUP_BYTES = 8 * 2**20  # half of what a row may have


def recognises(row: Mapping[str, Any]) -> bool:
    """A row of ToolAlpaca has recorded instances of an API."""
    return "Instances" in row


def examples(row: dict[str, Any]) -> Iterator[Example]:
    """Yield one example for each recorded instance of the API."""
    instances = row.get("Instances")
    if not isinstance(instances, list):
        code = "data-not-a-list" if "Instances" in row else "data-field-missing"
        yield Example(faults=(Problem(code, values={"field": "Instances", "value": shown(instances)}),))
        return
    for index, instance in enumerate(instances):
        part = f"{row.get('Name', '?')} Instances[{index}]"
        try:
            yield Example(part=part, row=_conversation(row, instance))
        except KeyError as error:
            yield Example(part=part, skip_reason=message("data-skip-missing", field=error.args[0]))
        except json.JSONDecodeError:
            yield Example(part=part, skip_reason=message("data-skip-tool-input"))
        except (AttributeError, IndexError, TypeError, ValueError):
            yield Example(part=part, skip_reason=message("data-skip-form"))


def _conversation(api: Mapping[str, Any], instance: Mapping[str, Any]) -> dict[str, Any]:
    messages: list[dict[str, Any]] = [{"role": "user", "content": instance["input"]}]
    for (name, tool_input, raw), observation in instance["intermediate_steps"]:
        thought = raw.split("Action:")[0].strip()
        messages.append({"role": "assistant", "content": thought})
        parameters = _tool_input(tool_input)
        messages.append({"role": "tool", "name": name, "parameters": parameters, "observation": observation})
    messages.append({"role": "assistant", "content": instance["Final Thought"] + "\n" + instance["output"]})
    return {"tools": [api["NLDocumentation"]], "conversations": messages}


def _tool_input(text: str) -> Any:
    decoded = decode_all(text)
    if decoded.faults:
        raise json.JSONDecodeError("not strict JSON", text, 0)
    return decoded.value


def write(row: Mapping[str, Any]) -> Written:
    """Return an API of one instance: the first turn, each call with the thought before it, and the answer."""
    row = canonical(row)
    losses = {"data-loss-fields"} if has_other_fields(row) else set()
    system, messages = split_system(row)
    (user, replies), *later = turns_of(messages)
    documentation = _documentation(row.get("tools"), losses)
    if documentation is None:
        return Written(fault=Problem("data-hold-tools", values={"format": NAME}))
    answer = answer_of(replies)
    if answer is None:
        return Written(fault=Problem("data-hold-answer", values={"format": NAME}))
    losses.update(["data-loss-system"] if system is not None else [])
    losses.update(["data-loss-turns"] if later else [])
    losses.update(["data-loss-flags"] if any("loss" in message for message in replies) else [])
    losses.update(["data-loss-header"] if "metadata" in user else [])
    thought, separator, output = answer.partition("\n")
    if not separator:
        losses.add("data-loss-final-thought")
        thought, output = "", answer
    steps = _steps(replies[:-1], losses)
    instance = {"input": user["content"], "output": output, "Final Thought": thought, "intermediate_steps": steps}
    return Written(row={"NLDocumentation": documentation, "Instances": [instance]}, losses=frozenset(losses))


def grouped(rows: Iterable[Row]) -> Iterator[Row]:
    """Join the instances of rows that stand side by side and have the same documentation, up to MAX_GROUP_BYTES."""
    group: Row = {}
    size = 0
    for row in rows:
        length = len(json.dumps(row))  # escaped: not shorter than what is written
        if group and (row["NLDocumentation"] != group["NLDocumentation"] or size + length > MAX_GROUP_BYTES):
            yield group
            group, size = {}, 0
        group = {**row, "Instances": [*group.get("Instances", []), *row["Instances"]]}
        size += length
    if group:
        yield group


def _documentation(tools: Any, losses: set[str]) -> str | None:
    if not tools or (not is_text(tools) and tool_problems(tools)):
        return None
    texts = write_tools(tools, "natural")
    losses.update(["data-loss-tools-form"] if texts != tools or len(texts) > 1 else [])
    return "\n".join(texts)


def _steps(messages: list[Row], losses: set[str]) -> list[Any]:
    steps: list[Any] = []
    thoughts: list[str] = []
    for item in messages:
        if item["role"] == "tool":
            thought = "\n".join(thoughts)
            if len(thoughts) != 1 or thought != thought.strip() or "Action:" in thought:
                losses.add("data-loss-thought")
            tool_input = json.dumps(item["parameters"], ensure_ascii=False)
            raw = f"{thought}\nAction: {item['name']}\nAction Input: {tool_input}"
            steps.append([[item["name"], tool_input, raw], item["observation"]])
            thoughts = []
        elif item["role"] == "assistant" and "metadata" not in item:
            thoughts.append(item["content"])
        else:
            losses.add("data-loss-calls")
    losses.update(["data-loss-texts"] if thoughts else [])
    return steps
