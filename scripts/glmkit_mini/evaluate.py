"""Measure glmkit-mini's figures on the held-out files: exact calls, answers that quote results, programs, small talk.

    python -m scripts.glmkit_mini.evaluate --model glmkit-mini --limit 60 --json figures.json

Every call and every final answer of an episode is asked for behind the true messages before it. Decoding is greedy.
Generated programs run in glmkit's sandbox where it can start (see ``programs``). Prints a table and the failures asked
for.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import glmkit
from glmkit.chat.conversation import Conversation, Message, read_messages
from glmkit.chat.protocol import encode_chat
from glmkit.chat.reply import Reply
from glmkit.serving.engine import Engine
from glmkit.serving.params import SamplingParams
from scripts.glmkit_mini.interpreter_episodes import same_output
from scripts.glmkit_mini.make_data import write_heldout
from scripts.glmkit_mini.programs import Runner, open_runner, run_in_process

MAX_TOKENS = 256
# Floors of the model card: metric -> lowest share that is good enough.
GOALS = {"seen calls": 0.95, "unseen calls": 0.70, "seen answers": 0.95, "unseen answers": 0.95, "programs": 0.85}


@dataclass(slots=True)
class Question:
    """A prompt, what it measures, and how to tell a right reply."""

    metric: str
    language: str
    kind: str
    messages: list[Message]
    is_right: Callable[[Reply], bool]
    wanted: str


def tool_questions(name: str, row: dict[str, Any]) -> Iterator[Question]:
    """Yield what a tool episode asks of the model: its calls, and its last message."""
    messages = list(Conversation.from_dict(row).messages)
    about = row["about"]
    common = {"language": about["language"], "kind": about["kind"]}
    for i, message in enumerate(messages):
        if message.role != "assistant":
            continue
        prompt = messages[: i - 1] if messages[i - 1].role == "assistant" else messages[:i]  # a thought is free
        call = message.call
        if call is not None:
            right = _is_call(call.name, call.arguments)
            yield Question(
                f"{name} calls", messages=prompt, is_right=right, wanted=f"{call.name} {call.arguments}", **common
            )
        elif i == len(messages) - 1 and about["key_values"]:
            metric = f"{name} refusals" if about["kind"] == "no_tool" else f"{name} answers"
            right = _quotes(about["key_values"])
            yield Question(metric, messages=prompt, is_right=right, wanted=message.content, **common)
        elif about["kind"] == "missing" and i < len(messages) - 1:
            yield Question(
                f"{name} questions back", messages=prompt, is_right=_is_text, wanted=message.content, **common
            )


def _is_call(name: str, arguments: dict[str, Any]) -> Callable[[Reply], bool]:
    wanted = json.dumps(arguments, sort_keys=True)  # 3 and 3.0, "1" and 1, true and 1 differ
    return lambda reply: (
        reply.call is not None
        and reply.finish == "tool_call"
        and reply.call.name == name
        and json.dumps(reply.call.arguments, sort_keys=True) == wanted
    )


def _quotes(values: list[str]) -> Callable[[Reply], bool]:
    return lambda reply: reply.call is None and reply.finish == "stop" and all(value in reply.text for value in values)


def _is_text(reply: Reply) -> bool:
    return reply.call is None and reply.finish == "stop" and bool(reply.text)


def program_question(row: dict[str, Any], run: Runner = run_in_process) -> Question:
    """Return an interpreter task; right is what prints the wanted result when ``run``."""
    right = lambda reply: reply.code is not None and same_output(run(reply.code), row["result"])  # noqa: E731
    language = row["about"]["language"]
    return Question("programs", language, "program", read_messages(row["messages"]), right, row["result"])


def talk_question(row: dict[str, Any], language: str) -> Question:
    """Return the last turn of a talk; right is the very text, one of several good ones, so the share is a floor."""
    messages = list(Conversation.from_dict(row).messages)
    wanted = messages[-1].content
    return Question("talk, same words", language, "talk", messages[:-1], lambda reply: reply.text == wanted, wanted)


def questions_of(folder: Path, limit: int, run: Runner = run_in_process) -> list[Question]:
    """Return the questions of the first rows, ``limit`` of each language, of each held-out file."""
    questions: list[Question] = []
    for file in ("seen_tools", "unseen_tools", "everyday", "crossed"):
        for row in first_rows(folder / f"{file}.jsonl", limit):
            questions += tool_questions(file.removesuffix("_tools"), row)
    questions += [program_question(row, run) for row in first_rows(folder / "interpreter.jsonl", limit)]
    languages = ("en", "zh")
    rows = first_rows(folder / "talk.jsonl", limit)
    return questions + [talk_question(row, languages[i % 2]) for i, row in enumerate(rows)]


def first_rows(path: Path, limit: int) -> list[dict[str, Any]]:
    """Return the first rows of a held-out file, ``limit`` of each language."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line, _ in zip(file, range(2 * limit), strict=False)]


def ask(engine: Engine, questions: Sequence[Question], tokenizer: glmkit.Tokenizer) -> list[Reply]:
    """Return the model's replies, greedily decoded."""
    order = sorted(range(len(questions)), key=lambda i: questions[i].metric)
    prompts = [encode_chat(questions[i].messages, tokenizer) for i in order]
    completions = engine.generate(prompts, SamplingParams(max_tokens=MAX_TOKENS, temperature=0))
    replies: list[Reply] = [completion.reply for completion in completions if completion.reply is not None]
    return [reply for _, reply in sorted(zip(order, replies, strict=True), key=lambda pair: pair[0])]


def shares(questions: Sequence[Question], right: Sequence[bool]) -> dict[str, dict[str, float]]:
    """Return for every metric the share of right replies in all, in each language and in each kind, and how many."""
    counts: Counter[tuple[str, str]] = Counter()
    hits: Counter[tuple[str, str]] = Counter()
    for question, is_right in zip(questions, right, strict=True):
        for group in ("all", question.language, question.kind):
            counts[question.metric, group] += 1
            hits[question.metric, group] += is_right
    result: dict[str, dict[str, float]] = {}
    for (metric, group), count in counts.items():
        result.setdefault(metric, {})[group] = round(hits[metric, group] / count, 4)
    for metric, groups in result.items():
        groups["count"] = counts[metric, "all"]
    return result


def as_table(result: dict[str, dict[str, float]]) -> str:
    """Return the shares as a Markdown table."""
    lines = ["| | all | English | Chinese | count | goal |", "|---|---|---|---|---|---|"]
    for metric, groups in result.items():
        cells = [f"{groups[group]:.1%}" if group in groups else "" for group in ("all", "en", "zh")]
        goal = f"{GOALS[metric]:.0%}" if metric in GOALS else ""
        lines.append(f"| {metric} | {' | '.join(cells)} | {groups['count']} | {goal} |")
    return "\n".join(lines)


def show_failures(questions: Sequence[Question], replies: Sequence[Reply], right: Sequence[bool], count: int) -> None:
    """Print the first failures of every metric: the request, what was wanted, what came."""
    shown: Counter[str] = Counter()
    for question, reply, is_right in zip(questions, replies, right, strict=True):
        if is_right or shown[question.metric] >= count:
            continue
        shown[question.metric] += 1
        last = question.messages[-1]
        found = f"{reply.call.name} {reply.call.arguments}" if reply.call else (reply.code or reply.text)
        print(f"--- {question.metric}, {question.kind}\n  asked  {last.content!r}")
        print(f"  wanted {question.wanted!r}\n  found  {found!r} ({reply.finish})")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="glmkit/bundled/glmkit-mini", help="a folder, a run or a name")
    parser.add_argument("--data", type=Path, help="folder of held-out files; made anew when not given")
    parser.add_argument("--limit", type=int, default=60, help="rows of each language and file")
    parser.add_argument("--seed", type=int, default=1, help="of held-out files made anew")
    parser.add_argument("--batch", type=int, default=0, help="requests at once; 0 chooses by device")
    parser.add_argument("--json", type=Path, help="write figures and table here")
    parser.add_argument("--failures", type=int, default=0, help="print so many failures of each metric")
    options = parser.parse_args()
    started = time.monotonic()
    model = glmkit.load_model(options.model)
    tokenizer = glmkit.load_tokenizer(options.model)
    on_card = model.device.type == "cuda"
    engine = Engine(
        model, tokenizer, max_batch=options.batch or (256 if on_card else 16), max_seq_len=2048,
        max_tokens_per_step=32768 if on_card else 2048,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, open_runner() as run:
        if options.data is None:
            write_heldout(Path(folder), options.limit, options.seed)
        questions = questions_of(options.data or Path(folder), options.limit, run)
        replies = ask(engine, questions, tokenizer)
        right = [question.is_right(reply) for question, reply in zip(questions, replies, strict=True)]
    result = shares(questions, right)
    table = as_table(result)
    show_failures(questions, replies, right, options.failures)
    print(table)
    print(f"{len(questions)} replies, {time.monotonic() - started:.0f} s", file=sys.stderr)
    if options.json:
        text = json.dumps({"figures": result, "table": table, "limit": options.limit}, indent=2, ensure_ascii=False)
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
