"""A calculator: arithmetic read as a tree and worked out node by node, never run as code.

Bounded in the length of what it reads and in the size of every number on the way. Called by models and by people.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Annotated

from glmkit.agent.tool import tool
from glmkit.chat.printable import shown
from glmkit.errors import GlmkitError

Number = int | float

MAX_CHARACTERS = 500  # so the tree is at most some 250 nodes deep, within every limit of Python's
MAX_BITS = 4096  # of a whole number: 1,233 digits
MAX_DIGITS = 40  # of a whole number that is written out

_OPERATORS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_CONSTANTS = {"pi": math.pi, "π": math.pi, "e": math.e, "tau": math.tau}
# Name -> (fewest, most arguments, function)
_FUNCTIONS: dict[str, tuple[int, int, Callable[..., Number]]] = {
    "abs": (1, 1, abs),
    "ceil": (1, 1, math.ceil),
    "cos": (1, 1, math.cos),
    "exp": (1, 1, math.exp),
    "factorial": (1, 1, lambda n: _factorial(n)),
    "floor": (1, 1, math.floor),
    "gcd": (2, 2, math.gcd),
    "ln": (1, 1, math.log),
    "log": (1, 2, math.log),
    "log10": (1, 1, math.log10),
    "log2": (1, 1, math.log2),
    "max": (1, 50, lambda *values: max(values)),
    "min": (1, 50, lambda *values: min(values)),
    "pow": (2, 2, lambda base, exponent: _power(base, exponent)),
    "round": (1, 2, round),
    "sin": (1, 1, math.sin),
    "sqrt": (1, 1, math.sqrt),
    "tan": (1, 1, math.tan),
}
# Signs as people write them, and the full-width forms of a Chinese keyboard.
_SPELLINGS = {0xFEE0 + code: code for code in range(0x21, 0x7F)} | str.maketrans(
    {"×": "*", "÷": "/", "−": "-", "^": "**", "²": "**2", "³": "**3"}
)


@tool
def calculator(
    expression: Annotated[str, "such as (3 + 4) * 2 ** 10 or sqrt(2) / 3; ^ is a power"],
) -> str:
    """Work out an arithmetic expression."""
    return _written(calculate(expression))


def calculate(expression: str) -> Number:
    """Return the value of an expression.

    Raises:
        GlmkitError: it is no arithmetic, too long, has no value, or one that is too large.
    """
    if len(expression) > MAX_CHARACTERS:
        raise GlmkitError("agent-sum-long", count=len(expression), limit=MAX_CHARACTERS)
    text = expression.translate(_SPELLINGS).strip().rstrip("=").strip()
    try:
        return _checked(_value(ast.parse(text, mode="eval").body))
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        raise GlmkitError("agent-sum-wrong", expression=shown(expression), reason=str(error).split(" (<")[0]) from error
    except ZeroDivisionError as error:
        raise GlmkitError("agent-sum-zero", expression=shown(expression)) from error
    except OverflowError as error:
        raise GlmkitError("agent-sum-large", bits=MAX_BITS) from error


def _value(node: ast.expr) -> Number:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return _checked(node.value)  # type: ignore[arg-type]  # just seen
    if isinstance(node, ast.Name) and node.id in _CONSTANTS:
        return _CONSTANTS[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.UAdd, ast.USub)):
        value = _value(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Pow):
            return _power(left, right)
        if type(node.op) in _OPERATORS:
            return _checked(_OPERATORS[type(node.op)](left, right))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        fewest, most, function = _FUNCTIONS[node.func.id]
        if not node.keywords and fewest <= len(node.args) <= most:
            return _checked(function(*map(_value, node.args)))
    raise ValueError(ast.unparse(node)[:40])


def _checked(value: Number) -> Number:
    """Return the number unless it is too large, infinite or none."""
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise OverflowError
    if isinstance(value, float) and not math.isfinite(value):
        raise OverflowError
    if not isinstance(value, (int, float)):  # a root of a negative number is complex
        raise ValueError("sqrt(-1)")
    return value


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * abs(exponent) > MAX_BITS:
        if exponent < 0:
            return float(base) ** exponent
        if abs(base) > 1:
            raise OverflowError
    return _checked(base**exponent)


def _factorial(n: Number) -> Number:
    if isinstance(n, float) and not n.is_integer():
        raise ValueError(f"factorial({n})")
    if n > 450:  # 450! has 3,318 bits
        raise OverflowError
    return math.factorial(int(n))


def _written(value: Number) -> str:
    if isinstance(value, int):
        text = str(value)
        return text if len(text) <= MAX_DIGITS else f"{text[0]}.{text[1:15]}e+{len(text.lstrip('-')) - 1}"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
