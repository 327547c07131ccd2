"""What tools return and what the assistant says of it: observations and answers. Read by ``tool_episodes``."""

from __future__ import annotations

import json
import random
from typing import Any

from scripts.glmkit_mini.schemas import Result, Tool
from scripts.glmkit_mini.values import make_value
from scripts.glmkit_mini.words import Language, Split

Record = dict[str, Any]

TRANSIENT_ERRORS = ("timeout", "service temporarily unavailable", "503 Service Unavailable", "connection reset, try again",
                    "rate limit exceeded, retry later", "502 Bad Gateway", "server busy")  # fmt: skip
LASTING_ERRORS = {
    "en": ("{c} {v} not found", "invalid {c}: {v}", "permission denied", "no {n} matches {v}", "{c} {v} is not supported",
           "404 Not Found", "401 Unauthorized", "account suspended", "{n} is sold out", "{v} is not available"),
    "zh": ("找不到{c}{v}", "{c}无效：{v}", "没有权限", "没有符合{v}的{n}", "不支持{c}{v}", "404 Not Found", "未授权", "账号已停用",
           "{n}已售完", "{v}暂不可用"),
}  # fmt: skip


def draw_record(rng: random.Random, tool: Tool, split: Split) -> Record:
    """Return the values of a result, by field name."""
    return {result.name: make_value(rng, result.kind, tool.language, split) for result in tool.results}


def observation(rng: random.Random, records: list[Record]) -> str:
    """Return one record or several as a tool prints them: JSON in some wrapping, or lines."""
    content: Any = records[0]
    if len(records) > 1:
        content = rng.choice((records, {"results": records}, {"count": len(records), "items": records}))
    shape = rng.random()
    if shape < 0.12 and len(records) == 1:
        return "\n".join(f"{name}: {value}" for name, value in content.items())
    if shape < 0.22:
        content = {"status": "ok", **content} if isinstance(content, dict) else {"status": "ok", "data": content}
    elif shape < 0.34:
        content = {rng.choice(("result", "data", "response")): content}
    text = json.dumps(content, ensure_ascii=False)
    if shape > 0.85:
        return f"Status Code: 200. Response: {text}"
    return text


def key_values(records: list[Record]) -> list[str]:
    """Return the texts that an answer has to quote."""
    return [str(value) for record in records for value in record.values()]


def answer(rng: random.Random, tool: Tool, records: list[Record]) -> str:
    """Return a reply that quotes every value of the records."""
    pairs = [_pairs(tool.results, record) for record in records]
    if len(records) > 1:
        return _several(rng, tool, pairs)
    return _chinese(rng, tool, pairs[0]) if tool.language == "zh" else _english(rng, tool, pairs[0])


def _pairs(results: tuple[Result, ...], record: Record) -> list[tuple[str, str]]:
    return [(result.cue, str(record[result.name])) for result in results]


def _english(rng: random.Random, tool: Tool, pairs: list[tuple[str, str]]) -> str:
    shape = rng.random()
    if shape < 0.3:
        parts = [f"the {cue} is {value}" for cue, value in pairs]
        text = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
        return text[0].upper() + text[1:] + "."
    if shape < 0.6:
        opener = rng.choice(("Here is the result", "Here is what I found", "Done", f"This is the {tool.noun}"))
        return f"{opener}: {', '.join(f'{cue} {value}' for cue, value in pairs)}."
    if shape < 0.8:
        opener = rng.choice(("Here is the result:", "I found this:", "Done:", f"Here is the {tool.noun}:"))
        return "\n".join([opener, *(f"- {cue}: {value}" for cue, value in pairs)])
    lead, rest = pairs[0], pairs[1:]
    text = f"I have the {tool.noun} for you. The {lead[0]} is {lead[1]}"
    return text + "".join(f", with {cue} {value}" for cue, value in rest) + "."


def _chinese(rng: random.Random, tool: Tool, pairs: list[tuple[str, str]]) -> str:
    shape = rng.random()
    if shape < 0.35:
        return "，".join(f"{cue}是{value}" for cue, value in pairs) + "。"
    if shape < 0.65:
        opener = rng.choice(("查到了", "结果如下", "已完成", f"{tool.noun}的结果", "好的，结果是这样"))
        return f"{opener}：{'，'.join(_named(cue, value) for cue, value in pairs)}。"
    if shape < 0.82:
        opener = rng.choice(("结果如下：", "已经办好：", f"{tool.noun}信息："))
        return "\n".join([opener, *(f"- {cue}：{value}" for cue, value in pairs)])
    return f"已为您处理{tool.noun}。" + "，".join(f"{cue}为{value}" for cue, value in pairs) + "。"


def _named(cue: str, value: str) -> str:
    return f"{cue}：{value}" if cue[-1].isascii() else f"{cue}{value}"


def _several(rng: random.Random, tool: Tool, pairs: list[list[tuple[str, str]]]) -> str:
    is_chinese = tool.language == "zh"
    opener = (
        rng.choice((f"找到{len(pairs)}条结果：", f"共有{len(pairs)}个结果："))
        if is_chinese
        else rng.choice((f"I found {len(pairs)} results:", f"There are {len(pairs)} results:"))
    )
    lines = []
    for number, row in enumerate(pairs, 1):
        cells = [_named(cue, value) if is_chinese else f"{cue} {value}" for cue, value in row]
        lines.append(f"{number}. {('，' if is_chinese else ', ').join(cells)}")
    return "\n".join([opener, *lines])


def draw_error(rng: random.Random, tool: Tool, arguments: Record, transient: bool) -> str:
    """Return what went wrong: something that may pass, or something about the request."""
    if transient:
        return rng.choice(TRANSIENT_ERRORS)
    named = [parameter for parameter in tool.parameters if isinstance(arguments.get(parameter.name), (str, int, float))]
    named = [parameter for parameter in named if parameter.kind != "flag"]
    if not named:
        return rng.choice(("404 Not Found", "401 Unauthorized"))
    parameter = rng.choice(named)
    return rng.choice(LASTING_ERRORS[tool.language]).format(c=parameter.cue, v=arguments[parameter.name], n=tool.noun)


def error_observation(rng: random.Random, reason: str) -> str:
    """Return an error as a tool prints it."""
    return rng.choice(
        (
            json.dumps({"error": reason}, ensure_ascii=False),
            json.dumps({"status": "error", "message": reason}, ensure_ascii=False),
            f"Error: {reason}",
            f"Status Code: {rng.choice((400, 404, 500))}. Response: {json.dumps({'error': reason}, ensure_ascii=False)}",
        )
    )


def explain_error(rng: random.Random, tool: Tool, reason: str) -> str:
    """Return a reply that says what went wrong, in the tool's words, and what to do."""
    if tool.language == "zh":
        return rng.choice(
            ("抱歉，没有成功：{r}。", "{n}没有办成，原因是：{r}。", "工具返回错误：{r}。请检查后再试。")
        ).format(r=reason, n=tool.noun)
    return rng.choice(
        (
            "Sorry, that did not work: {r}.",
            "The {n} request failed: {r}.",
            "The tool returned an error: {r}. Please check the request and try again.",
        )
    ).format(r=reason, n=tool.noun)


def decline(rng: random.Random, wanted: Tool, tools: list[Tool]) -> str:
    """Return a reply that no tool does what is wanted, naming those there are."""
    names = [tool.name for tool in tools]
    if wanted.language == "zh":
        return rng.choice(
            ("抱歉，现有的工具不能处理{n}。可用的工具有：{t}。", "没有适合{n}的工具，我只能使用{t}。")
        ).format(n=wanted.noun, t="、".join(names))
    return rng.choice(
        (
            "Sorry, none of my tools can handle the {n}. I can use: {t}.",
            "I have no tool for the {n}. The available tools are {t}.",
        )
    ).format(n=wanted.noun, t=", ".join(names))


def ask_for(rng: random.Random, cues: list[str], language: Language) -> str:
    """Return a question for what is missing."""
    if language == "zh":
        joined = "和".join(cues)
        return rng.choice(("请问{c}是什么？", "请告诉我{c}。", "还需要{c}，请提供。")).format(c=joined)
    joined = " and the ".join(cues)
    return rng.choice(("What is the {c}?", "Please tell me the {c}.", "I still need the {c}.")).format(c=joined)
