"""ToolAlpaca's record layout: an API description and its recorded episodes, written out as one JSON-ready dictionary.

`tasks` beside this file describes functions once, as `Function`s; this module derives from them the four
spellings ToolAlpaca stores (a list, an OpenAPI document, natural-language documentation, a table of descriptions).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

# The house rule: every answer ends with this line, in the language of its request.
HOUSE_RULE = {"en": "Is there anything else I can do for you?", "zh": "请问还有什么可以帮您？"}
# An agent's thoughts follow one pattern, so that a small model spends its few minutes of tuning on calls.
THOUGHT = {"en": "I will use {} for this.", "zh": "我用{}来处理。"}
FINAL_THOUGHT = {"en": "I have the result.", "zh": "已经有结果了。"}
_CHINESE = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function."""

    name: str
    type: str
    text: str
    required: bool = False

    def describe(self) -> str:
        """As in natural-language documentation: `Required. string. What it is.`"""
        required = "Required. " if self.required else ""
        return f"{required}{self.type}. {self.text}"


@dataclass(frozen=True)
class Function:
    """One function of an API. `answer` is the shape of its result: dictionaries, one-item lists and type names."""

    name: str
    text: str
    path: str
    parameters: tuple[Parameter, ...]
    output: str
    answer: Any
    method: str = "get"

    def describe(self) -> str:
        """The function's natural-language documentation, without its name."""
        parameters = json.dumps({p.name: p.describe() for p in self.parameters}, ensure_ascii=False)
        return f"{self.text}\nParameters: {parameters}\nOutput: {self.output}"


@dataclass(frozen=True)
class Call:
    """One step of an episode: the call that the agent made, and what the API answered.

    `arguments` is a string only where an agent wrote something that is not JSON.
    """

    function: str
    arguments: dict[str, Any] | str
    response: Any
    status: int = 200

    def record(self, language: str) -> list[Any]:
        """[[function, arguments, the agent's raw text], observation]"""
        text = self.arguments if isinstance(self.arguments, str) else to_json(self.arguments)
        raw = f"{THOUGHT[language].format(self.function)}\nAction: {self.function}\nAction Input: {text}"
        return [[self.function, text, raw], f"Status Code: {self.status}. Response: {to_json(self.response)}"]


@dataclass(frozen=True)
class Episode:
    """A question, the calls it took and the reply; not finished when the agent gave up before its last thought."""

    question: str
    calls: tuple[Call, ...]
    reply: str
    is_finished: bool = True

    def record(self) -> dict[str, Any]:
        language = "zh" if _CHINESE.search(self.question) else "en"
        record: dict[str, Any] = {"input": self.question, "output": f"{self.reply}\n{HOUSE_RULE[language]}"}
        if self.is_finished:
            record["Final Thought"] = FINAL_THOUGHT[language]
        record["intermediate_steps"] = [call.record(language) for call in self.calls]
        return record


@dataclass(frozen=True)
class Api:
    """An API and the writers of its episodes; `flawed` are records that a formatter must skip."""

    name: str
    description: str
    category: str
    introduction: str
    functions: tuple[Function, ...]
    writers: tuple[Callable[[Random], Episode], ...]
    flawed: tuple[Episode, ...] = ()

    def record(self, num_episodes: int, random: Random) -> dict[str, Any]:
        """One element of ToolAlpaca's train_data.json: the description, `num_episodes` episodes, the flawed ones."""
        episodes: list[Episode] = []
        questions: set[str] = set()
        while len(episodes) < num_episodes:  # the writers take turns; a question asked before is drawn again
            episode = self.writers[len(episodes) % len(self.writers)](random)
            if episode.question not in questions:
                questions.add(episode.question)
                episodes.append(episode)
        episodes += self.flawed
        descriptions = {function.name: function.describe() for function in self.functions}
        return {
            "Name": self.name,
            "Description": self.description,
            "Category": self.category,
            "Introduction": self.introduction,
            "Functions": "\n\n".join(listing(i, function) for i, function in enumerate(self.functions, start=1)),
            "Documentation": to_json(openapi(self)),
            "NLDocumentation": "".join(f"{name}: {text}\n" for name, text in descriptions.items()),
            "Function_Description": {**descriptions, "components": ""},
            "Function_Projection": {function.name: [function.path, function.method] for function in self.functions},
            "Instructions": [episode.question for episode in episodes],
            "Instances": [episode.record() for episode in episodes],
        }


def to_json(value: Any) -> str:
    """JSON on one line, Chinese kept readable."""
    return json.dumps(value, ensure_ascii=False)


def schema(answer: Any) -> dict[str, Any]:
    """The same shape as a JSON schema."""
    if isinstance(answer, list):
        return {"type": "array", "items": schema(answer[0])}
    if isinstance(answer, dict):
        return {"type": "object", "properties": {name: schema(inner) for name, inner in answer.items()}}
    return {"type": answer}


def listing(number: int, function: Function) -> str:
    """The function as an entry of the API's numbered list."""
    inputs = {
        p.name: f"{'Required' if p.required else 'Optional'}. {p.type.capitalize()}. {p.text}"
        for p in function.parameters
    }
    return (
        f"{number}. Name: {function.name}\n   Description: {function.text}\n"
        f"   Input: {to_json(inputs)}\n   Output: {function.output}"
    )


def openapi(api: Api) -> dict[str, Any]:
    """The API as an OpenAPI 3.0 document."""
    paths: dict[str, Any] = {}
    for function in api.functions:
        parameters = [
            {
                "name": p.name,
                "in": "query",
                "description": p.text,
                "required": p.required,
                "schema": {"type": p.type},
            }
            for p in function.parameters
        ]
        content = {"application/json": {"schema": schema(function.answer)}}
        paths.setdefault(function.path, {})[function.method] = {
            "operationId": function.name,
            "description": function.text,
            "parameters": parameters,
            "responses": {"200": {"description": function.output, "content": content}},
        }
    info = {"title": api.name, "version": "1.0.0", "description": api.description}
    return {"openapi": "3.0.0", "info": info, "paths": paths}
