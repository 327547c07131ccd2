"""From the tools or the JSON Schema of a request to a Constraint; equal requests share one compiled grammar."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from glmkit.chat.protocol import ChatProtocol
from glmkit.chat.tokenizer import Tokenizer
from glmkit.chat.tools_layout import is_text, write_tools
from glmkit.errors import DataError, RequestError
from glmkit.serving.constraint import Constraint
from glmkit.serving.grammar.arguments import ArgumentsWriter
from glmkit.serving.grammar.matcher import Grammar
from glmkit.serving.grammar.replies import StopTokens, call_grammar, json_grammar
from glmkit.serving.grammar.schema import SchemaReader, check_size
from glmkit.serving.grammar.vocabulary import make_vocabulary

MAX_GRAMMARS = 64  # kept at a time
MAX_GRAMMAR_CHARACTERS = 1_000_000
MAX_TOOLS = 128

CHOICES = ("auto", "required", "none")


class GrammarCompiler:
    """Makes constraints for one vocabulary and chat format; safe to use from several threads.

    Args:
        tokenizer: of the model.
        protocol: the chat format its replies are written in.
        vocab_size: rows of the model's embedding; ids beyond the tokenizer's are never allowed.

    Raises:
        ConfigError: llguidance is not installed.
    """

    def __init__(self, tokenizer: Tokenizer, protocol: ChatProtocol, vocab_size: int) -> None:
        self._vocabulary = make_vocabulary(tokenizer, vocab_size)
        from llguidance import LLParserLimits

        # Far above what real tools need, far below what would stall a server or fill its memory.
        self._limits = LLParserLimits(
            initial_lexer_fuel=200_000,
            step_lexer_fuel=100_000,
            step_max_items=20_000,
            max_lexer_states=20_000,
            max_grammar_size=100_000,
            verbose_errors=False,
        )
        special = tokenizer.special_ids
        observation = special["<|observation|>"]
        answers = tuple(id for id in protocol.stop_ids if id != observation)
        self._stops = StopTokens(special["<|assistant|>"], observation, answers)
        self._stop_ids = protocol.stop_ids
        self._vocab_size = vocab_size
        self._grammars: OrderedDict[str, Grammar] = OrderedDict()
        self._lock = Lock()

    def tool_calls(self, tools: Any, choice: str) -> Constraint:
        """Return the constraint of a reply to a request with ``tools``.

        Args:
            tools: a list of definitions, in OpenAI's form or flat (``tools_layout``).
            choice: "auto": free text or calls, one of which ends the reply; "required": a call of any tool; "none":
                free text that is no call; or the name of the one tool to call.

        Raises:
            RequestError: a definition is wrong or too large, or no tool has the name; each says where.
        """
        check_size(tools, "tools")
        key = _key("tools", choice, tools)
        return self._compiled(key, "tools", lambda: self._call_grammar(tools, choice)).begin()

    def json_schema(self, schema: Any) -> Constraint:
        """Return the constraint of a reply that is one JSON value fitting ``schema`` and nothing else.

        Raises:
            RequestError: the schema is wrong, too large, or uses a word that cannot be enforced.
        """
        field = "response_format.json_schema.schema"
        reader = SchemaReader(schema, field)
        for word in _references(schema):
            reader.alternatives({"$ref": word}, field)
        if not isinstance(schema, (dict, bool)):
            raise RequestError("serving-schema-shape", field=field, expected="object")
        key = _key("json", "", schema)
        return self._compiled(key, field, lambda: json_grammar(schema, self._stops)).begin()

    def json_object(self) -> Constraint:
        """Return the constraint of a reply that is one JSON object and nothing else."""
        return self.json_schema({"type": "object"})

    def _call_grammar(self, tools: Any, choice: str) -> str:
        definitions = _definitions(tools)
        names = [name for name, _ in definitions]
        if choice not in CHOICES and choice not in names:
            raise RequestError(
                "serving-tool-unknown", field="tool_choice", value=repr(choice)[:80], known=", ".join(names[:8]) or "-"
            )
        if choice == "required" and not names:
            raise RequestError("serving-tools-none", field="tool_choice")
        calls = [] if choice == "none" else names if choice in CHOICES else [choice]
        writer = ArgumentsWriter(self._is_possible)
        return call_grammar(definitions, writer, self._stops, text=choice in ("auto", "none"), calls=calls)

    def _is_possible(self, terminal: str, field: str) -> bool:
        matcher = self._matcher(f"start: T\nT: {terminal}\n", field)
        bits = int.from_bytes(matcher.compute_bitmask(), "little")
        return bits & ~(1 << self._vocabulary.eos_token) != 0

    def _compiled(self, key: str, field: str, write: Callable[[], str]) -> Grammar:
        with self._lock:
            grammar = self._grammars.get(key)
            if grammar is not None and grammar.is_usable:
                self._grammars.move_to_end(key)
                return grammar
        matcher = self._matcher(write(), field)
        grammar = Grammar(matcher, self._vocab_size, self._stops.assistant, self._stop_ids)
        with self._lock:
            self._grammars[key] = grammar
            self._grammars.move_to_end(key)
            while len(self._grammars) > MAX_GRAMMARS:
                self._grammars.popitem(last=False)
        return grammar

    def _matcher(self, text: str, field: str) -> Any:
        from llguidance import LLMatcher

        if len(text) > MAX_GRAMMAR_CHARACTERS:
            raise RequestError("serving-schema-large", field=field, limit=MAX_GRAMMAR_CHARACTERS)
        grammar = LLMatcher.grammar_from_lark(text)
        matcher = LLMatcher(self._vocabulary, grammar, log_level=0, limits=self._limits)
        if matcher.is_error():
            raise RequestError("serving-schema-refused", field=field, reason=_reason(matcher.get_error()))
        return matcher


def _definitions(tools: Any) -> Sequence[tuple[str, Any]]:
    """Return (name, parameters) of each tool."""
    if not isinstance(tools, list) or is_text(tools):
        raise RequestError("serving-schema-shape", field="tools", expected="array of objects")
    if len(tools) > MAX_TOOLS:
        raise RequestError("serving-tools-many", field="tools", found=len(tools), limit=MAX_TOOLS)
    try:
        functions = write_tools(tools, "schema")
    except DataError as error:
        raise RequestError(error.problems) from error
    return [(function["name"], function["parameters"]) for function in functions]


def _references(schema: Any) -> list[Any]:
    """Return every value of "$ref" in ``schema``, wherever it stands."""
    found, waiting = [], [schema]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            found += [item["$ref"]] if isinstance(item.get("$ref"), str) else []
        waiting += item.values() if isinstance(item, dict) else item if isinstance(item, list) else []
    return list(dict.fromkeys(found))


def _key(kind: str, choice: str, value: Any) -> str:
    return hashlib.sha256(json.dumps([kind, choice, value]).encode()).hexdigest()


def _reason(error: str) -> str:
    """Return what llguidance says is wrong, without the grammar it quotes."""
    lines = [line.strip() for line in error.strip().split("\n")]
    told = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (told or lines)[0].partition("failed to compile JSON schema: ")[2] or (told or lines)[0][:200]
