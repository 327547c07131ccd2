r"""The arguments of a tool call as Lark rules: Python literals as ``glmkit.chat.calls.write_call`` spells them.

``{"properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"]}`` becomes::

    r3: "city=" STRING r1 | "days=" INTEGER r2        nothing written yet
    r1: ", days=" INTEGER ")" | ")"                   the city is
    r2: ", city=" STRING ")"                          the days are

A few members may come in any order, as a call has them in the order its writer chose; many in the order of the schema.
Members that the schema does not name come last, and only where it says they may.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from glmkit.chat.calls import is_plain_name
from glmkit.errors import RequestError
from glmkit.serving.grammar.lark import DOUBLE, ESCAPE, PLAIN, SINGLE, escaped, integers, quoted
from glmkit.serving.grammar.patterns import FORMATS, MAX_PATTERN, whole
from glmkit.serving.grammar.schema import Schema, SchemaReader, choices_of, types_of

ANY_ORDER = 5  # up to so many members in any order: 2 ** ANY_ORDER rules an object
MAX_VALUE_DEPTH = 24  # lists and dicts inside each other where the schema describes them; a recursive one ends there
FREE_DEPTH = 4  # where it does not
MAX_RULES = 4_000
MAX_COUNTED = 1_000  # longer limits on a text or a list than a call ever reaches are not counted

_FAR = 1e16  # where a bound is on one side only: Python reads digits without end as infinity

# Where an unknown key may not repeat a known one, it has no escapes, so that no name has two spellings.
_PLAIN_KEY = f"'{SINGLE}*'"


@dataclass(frozen=True, slots=True)
class _Member:
    """A property: the Lark symbols of its name and its value."""

    name: str
    value: str
    is_required: bool


class ArgumentsWriter:
    """Collects rules and terminals; one for all tools of a request, so that equal parts are written once.

    Args:
        is_possible: says of a terminal's expression whether any text matches it; raises RequestError, naming the
            field given second, when it cannot be compiled.
    """

    def __init__(self, is_possible: Callable[[str, str], bool]) -> None:
        self._is_possible = is_possible
        self._names: dict[str, str] = {}
        self._known: dict[str, str | None] = {}
        self._field = ""
        self._reader = SchemaReader(True, "")

    @property
    def rules(self) -> list[str]:
        """Every rule and terminal there is now, each a line of Lark."""
        return [f"{name}: {body}" for body, name in self._names.items()]

    def arguments(self, schema: Any, field: str) -> str:
        """Return the rule of everything between ``tool_call(`` and the bracket that closes it, both left out.

        Raises:
            RequestError: no arguments fit the schema, or it is malformed or too large; the field is named.
        """
        self._reader, self._field, self._known = SchemaReader(schema, field), field, {}
        bodies = []
        for plain in self._reader.alternatives(schema, field):
            if "object" not in types_of(plain):
                continue
            body = self._members(plain, field, 1, is_call=True)
            if body is not None:
                bodies.append(body)
        if not bodies:
            raise RequestError("serving-schema-impossible", field=field)
        return self._either(bodies)

    def _value(self, schema: Any, field: str, depth: int) -> str | None:
        """Return the symbol of a value that fits ``schema``, None when there is no such value."""
        if depth > MAX_VALUE_DEPTH:
            return None
        key = f"{depth}{json.dumps(schema, sort_keys=True)}"
        if key not in self._known:
            parts = []
            for plain in self._reader.alternatives(schema, field):
                choices = choices_of(plain)
                if choices is not None:
                    parts += [quoted(repr(value)) for value in choices]
                else:
                    names = types_of(plain)
                    names = [name for name in names if name != "integer" or "number" not in names]
                    parts += [part for name in names if (part := self._typed(name, plain, field, depth))]
            self._known[key] = self._either(parts) if parts else None
        return self._known[key]

    def _typed(self, name: str, schema: Schema, field: str, depth: int) -> str | None:
        if name == "string":
            return self._string(schema, field)
        if name in ("integer", "number"):
            return self._number(name, schema)
        if name == "boolean":
            return '("True" | "False")'
        if name == "null":
            return '"None"'
        return self._array(schema, field, depth) if name == "array" else self._object(schema, field, depth)

    def _string(self, schema: Schema, field: str) -> str | None:
        least, most = int(max(schema.get("minLength") or 0, 0)), schema.get("maxLength")
        least = min(least, MAX_COUNTED)
        pattern, form = schema.get("pattern"), FORMATS.get(schema.get("format") or "")
        if pattern is not None and len(pattern) > MAX_PATTERN:
            raise RequestError("serving-schema-pattern-long", field=f"{field}.pattern", limit=MAX_PATTERN)
        patterns = [] if pattern is None or (expression := whole(pattern)) is None else [expression]
        patterns += [form] if form else []
        times = f"{{{least},{int(most)}}}" if most is not None and most <= MAX_COUNTED else f"{{{least},}}"
        if most is not None and most < least:
            return None
        if not patterns:
            if times == "{0,}":
                return "STRING"
            return self._named("T", f"/'({SINGLE}|{ESCAPE}){times}'|\"({DOUBLE}|{ESCAPE}){times}\"/")
        plain = " & ".join([f"/{PLAIN}{times}/", *(f"/{_slashed(part)}/" for part in patterns)])
        text = f'"\'" ({plain}) "\'"'
        return self._named("T", text) if self._is_possible(text, f"{field}.pattern") else None

    def _number(self, name: str, schema: Schema) -> str | None:
        low, above = _bound(schema, "minimum", "exclusiveMinimum")
        high, below = _bound(schema, "maximum", "exclusiveMaximum")
        if low is None and high is None:
            return name.upper()
        if name == "integer":
            least = -math.inf if low is None else math.floor(low) + 1 if above else math.ceil(low)
            most = math.inf if high is None else math.ceil(high) - 1 if below else math.floor(high)
            expression = integers(least, most)
            return None if expression is None else self._named("T", f"/{expression}/")
        low = min(-_FAR, high - _FAR) if low is None and high is not None else low
        high = max(_FAR, low + _FAR) if high is None and low is not None else high
        assert low is not None and high is not None
        if low > high or (low == high and (above or below)):
            return None
        bounds = {"exclusiveMinimum" if above else "minimum": low, "exclusiveMaximum" if below else "maximum": high}
        return self._named("n", f"%json {json.dumps({'type': 'number', **bounds})}")

    def _array(self, schema: Schema, field: str, depth: int) -> str | None:
        items = schema.get("items")
        first = items if isinstance(items, list) else schema.get("prefixItems") or []
        rest: Any = schema.get("additionalItems") if isinstance(items, list) else items
        if depth + FREE_DEPTH < MAX_VALUE_DEPTH and not first and (rest is None or rest in (True, {})):
            depth = MAX_VALUE_DEPTH - FREE_DEPTH  # nothing is said of the items
        least = int(schema.get("minItems") or 0)
        most = schema.get("maxItems")
        most = None if most is None or most > MAX_COUNTED else int(most)
        if least > MAX_COUNTED or (most is not None and most < least):
            return None
        symbols = [self._value(item, f"{field}.prefixItems[{i}]", depth + 1) for i, item in enumerate(first)]
        symbols = symbols[: len(symbols) if most is None else most]
        possible = next((i for i, symbol in enumerate(symbols) if symbol is None), len(symbols))
        other = self._value(rest, f"{field}.items", depth + 1) if possible == len(symbols) else None
        if least > possible and other is None:
            return None
        return self._list([symbol for symbol in symbols[:possible] if symbol], other, least, most)

    def _list(self, first: list[str], other: str | None, least: int, most: int | None) -> str:
        """Return the rule of a list: ``first`` one after the other, then any number of ``other``."""
        rule, count = "", len(first)
        if other is not None and (most is None or most > count):
            head = "" if count else f"{other} "
            written = max(count, 1)
            rule = head + _repeated(f'", " {other}', least - written, None if most is None else most - written)
            rule = f"({rule})?" if least == 0 and not count else rule
        for index in reversed(range(count)):
            comma = '", " ' if index else ""
            rule = f"{comma}{first[index]} {rule}"
            rule = f"({rule})?" if index >= least else rule
        return self._named("r", f'"[" {rule} "]"')

    def _object(self, schema: Schema, field: str, depth: int) -> str | None:
        body = self._members(schema, field, depth, is_call=False)
        return None if body is None else self._named("r", f'"{{" {body} "}}"')

    def _members(self, schema: Schema, field: str, depth: int, is_call: bool) -> str | None:
        """Return the rule of what stands between the brackets of a dict or a call."""
        properties: Mapping[str, Any] = schema.get("properties") or {}
        wanted = schema.get("required")
        wanted = [name for name in wanted if isinstance(name, str)] if isinstance(wanted, list) else []
        others = schema.get("additionalProperties", not (properties or is_call))
        undescribed = {name: schema.get("additionalProperties", True) for name in wanted if name not in properties}
        members = []
        for name, inner in {**properties, **undescribed}.items():
            value = self._value(inner, f"{field}.properties.{name}", depth + 1)
            if value is not None:
                members.append(_Member(name, value, name in wanted))
            elif name in wanted:
                return None
        free = not properties and others is True
        inside = max(depth, MAX_VALUE_DEPTH - FREE_DEPTH) if free else depth
        other = self._value(others, f"{field}.additionalProperties", inside + 1)
        return _Sequence(self, members, self._extra(members, other), is_call).rule()

    def _extra(self, members: list[_Member], value: str | None) -> str | None:
        if value is None:
            return None
        if not members:
            return f'STRING ": " {value}'
        known = "|".join(escaped(repr(member.name)) for member in members)
        key = self._named("T", f"/{_PLAIN_KEY}/ & ~/{known}/")
        return f'{key} ": " {value}'

    def _either(self, parts: list[str]) -> str:
        parts = list(dict.fromkeys(parts))
        return parts[0] if len(parts) == 1 else self._named("r", " | ".join(parts))

    def _named(self, kind: str, body: str) -> str:
        """Return the name of a rule ("r", "n") or terminal ("T") with this body, a new one if there is none yet."""
        if body not in self._names:
            if len(self._names) >= MAX_RULES:
                raise RequestError("serving-schema-rules", field=self._field, limit=MAX_RULES)
            self._names[body] = f"{kind}{len(self._names)}"
        return self._names[body]


class _Sequence:
    """Members of one dict or call: which may follow once some are written, and how they are joined."""

    def __init__(self, writer: ArgumentsWriter, members: list[_Member], extra: str | None, is_call: bool) -> None:
        self._writer = writer
        self._members = members
        self._extra = extra
        self._is_call = is_call
        self._in_any_order = len(members) <= ANY_ORDER
        self._rules: dict[tuple[frozenset[int], bool, bool], str] = {}

    def rule(self) -> str:
        return self._after(frozenset(range(len(self._members))), is_first=True, in_dict=False)

    def _after(self, left: frozenset[int], is_first: bool, in_dict: bool) -> str:
        """Return the rule of what may come while ``left`` are unwritten; ``in_dict``: within a call's ``**{``."""
        key = (left, is_first, in_dict)
        if key not in self._rules:
            parts = []
            for index in sorted(left) if self._in_any_order else sorted(left)[:1]:
                member, rest = self._members[index], left - {index}
                before, inside = self._before(member.name, is_first, in_dict)
                parts.append(f"{quoted(before)} {member.value} {self._after(rest, False, inside)}")
                if not self._in_any_order and not member.is_required:
                    parts.append(self._after(rest, is_first, in_dict))
            if not left or (self._in_any_order and not any(self._members[index].is_required for index in left)):
                parts += self._ends(is_first, in_dict)
            self._rules[key] = self._writer._either(parts)
        return self._rules[key]

    def _before(self, name: str, is_first: bool, in_dict: bool) -> tuple[str, bool]:
        """Return what is written before a value, and whether ``**{`` is open behind it."""
        comma = "" if is_first else ", "
        if not self._is_call:
            return f"{comma}{name!r}: ", False
        if is_plain_name(name):
            return f"{'}' if in_dict else ''}{comma}{name}=", False
        return (f", {name!r}: " if in_dict else f"{comma}**{{{name!r}: "), True

    def _ends(self, is_first: bool, in_dict: bool) -> list[str]:
        closed = '"}"' if in_dict else '""'
        if self._extra is None:
            return [closed]
        comma = "" if is_first else '", "'
        more = f'{self._extra} (", " {self._extra})*'
        if not self._is_call:
            return [closed, f"{comma} {more}"]
        return [closed, f'", " {more} "}}"' if in_dict else f'{comma} "**{{" {more} "}}"']


def _bound(schema: Schema, word: str, exclusive: str) -> tuple[float | None, bool]:
    """Return the tighter of an inclusive and an exclusive bound, and whether it is exclusive (draft 4: by a flag)."""
    inclusive, strict = schema.get(word), schema.get(exclusive)
    if isinstance(strict, bool) or strict is None:
        return inclusive, bool(strict) and inclusive is not None
    if inclusive is None or (strict >= inclusive if word == "minimum" else strict <= inclusive):
        return strict, True
    return inclusive, False


def _repeated(symbols: str, least: int, most: int | None) -> str:
    return "" if most == 0 else f"({symbols}){{{max(least, 0)},{'' if most is None else most}}}"


def _slashed(expression: str) -> str:
    r"""Return an expression to stand between slashes, \d, \w and \s meaning ASCII as in JavaScript."""
    from llguidance import regex_to_lark

    return str(regex_to_lark(expression, "dw"))
