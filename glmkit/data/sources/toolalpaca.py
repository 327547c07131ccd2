"""ToolAlpaca's train_data.json: one row an API, with recorded episodes (``Instances``) of an agent using it.

Does what the original's ``format_tool_alpaca.py`` does: the documentation text becomes the only entry of ``tools``,
each step a thought and a tool call with its observation, the final thought and the output the last reply. An episode
that lacks a part is left out and counted, as there. Called through read.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from glmkit.data.sources.source import Example
from glmkit.data.strict_json import decode_all, shown
from glmkit.errors import Problem, message

NAME = "toolalpaca"


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
