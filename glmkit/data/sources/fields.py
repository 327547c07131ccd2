"""Fields of a source's row, read one by one with every fault named: what several sources have in common.

In: a value and the field's name in the source's words. Out: the value in the original's form, or a fault kept in the
reader. Called by the sources beside this file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from glmkit.chat.calls import write_call
from glmkit.chat.printable import shown
from glmkit.data.strict_json import decode_all
from glmkit.errors import Problem


class FieldReader:
    """Reads the fields of one row; ``faults`` holds what was wrong, in the order met.

    ``message_fields`` names, for each message made, the field of the source it was made from.
    """

    def __init__(self) -> None:
        self.faults: list[Problem] = []
        self.message_fields: list[str] = []

    def fault(self, field: str, code: str, **values: Any) -> None:
        """Record what is wrong with ``field`` of the source."""
        self.faults.append(Problem(code, values={"field": field, **values}))

    def is_text(self, field: str, value: Any) -> bool:
        """Say whether the value is text; anything else is a fault."""
        if not isinstance(value, str):
            self.fault(field, "data-not-text", value=shown(value))
        return isinstance(value, str)

    def required_text(self, row: Mapping[str, Any], field: str) -> str:
        """Return the text of a field; one that is missing or not text is a fault."""
        if field not in row:
            self.fault(field, "data-field-missing")
        elif self.is_text(field, row[field]):
            return row[field]
        return ""

    def optional_text(self, row: Mapping[str, Any], field: str) -> str:
        """Return the text of a field that may be missing or null; anything else is a fault."""
        return self.required_text(row, field) if row.get(field) is not None else ""

    def earlier_messages(self, row: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the messages of ``system`` (text) and ``history`` ([[question, answer], ...]); both may be absent."""
        system = self.optional_text(row, "system")
        messages = [{"role": "system", "content": system}] if system else []
        self.message_fields += ["system"] if system else []
        history = row.get("history")
        if history in (None, ""):
            return messages
        if not isinstance(history, list):
            self.fault("history", "data-not-a-list", value=shown(history))
            return messages
        for index, pair in enumerate(history):
            if not isinstance(pair, list) or len(pair) != 2:
                self.fault(f"history[{index}]", "data-history-pair", value=shown(pair))
                continue
            for number, (role, text) in enumerate(zip(("user", "assistant"), pair, strict=True)):
                field = f"history[{index}][{number}]"
                if self.is_text(field, text):
                    messages.append({"role": role, "content": text})
                    self.message_fields.append(field)
        return messages

    def decoded(self, field: str, text: str, code: str) -> Any:
        """Return the JSON value written in ``text``, or None after a fault; ``code`` is the fault of broken JSON."""
        try:
            decoded = decode_all(text)
        except json.JSONDecodeError as error:
            self.fault(field, code, value=shown(text), reason=f"{error.msg}, column {error.colno}")
            return None
        self.faults.extend(Problem(fault_code, field, values) for fault_code, values in decoded.faults)
        return None if decoded.faults else decoded.value

    def arguments(self, field: str, arguments: Any) -> dict[str, Any]:
        """Return the arguments of a call, an object or JSON text of one; empty after a fault."""
        if isinstance(arguments, str):
            num_faults = len(self.faults)
            arguments = self.decoded(field, arguments, "data-call-arguments")
            if len(self.faults) > num_faults:
                return {}
        if not isinstance(arguments, dict):
            self.fault(field, "data-not-an-object", value=shown(arguments))
            return {}
        return arguments

    def loss(self, field: str, message: Mapping[str, Any]) -> dict[str, bool]:
        """Return ``loss: false`` for a message of weight 0, nothing for one of weight 1 or without a weight."""
        weight = message.get("weight", 1)
        if weight not in (0, 1):
            self.fault(f"{field}.weight", "data-weight", value=shown(weight))
        return {} if weight else {"loss": False}


def written_call(call: Mapping[str, Any]) -> dict[str, Any]:
    """Return a call nothing answers as the original's format can hold it: an assistant message that spells it out."""
    loss = {"loss": call["loss"]} if "loss" in call else {}
    return {"role": "assistant", "metadata": call["name"], "content": write_call(call["parameters"]), **loss}
