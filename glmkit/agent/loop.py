"""The loop that joins a model with tools and code: ask, make the calls, ask again, until an answer in words.

In: a ``History``, what the user says, a model behind an API, tools, an interpreter. Out: events as they happen, for the
terminal and the page alike, and the history with everything that was said and done. What goes wrong in a call is told
to the model; what goes wrong with the model's server ends the reply with one ``Failed`` event. At most ``MAX_ROUNDS``
answers may make calls; then one without calls is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from typing import Any

from glmkit.agent.api import Api, ApiError, Sampling
from glmkit.agent.cancellation import Cancellation, Cancelled
from glmkit.agent.code_runner import CODE_SYSTEM_PROMPT, DEFINITION, CodeRunner, run_code
from glmkit.agent.events import CallImage, CallReady, CallResult, Done, Event, Failed, Reason, TextDelta
from glmkit.agent.history import History
from glmkit.agent.result import ToolResult
from glmkit.agent.toolbox import Toolbox
from glmkit.agent.turn import Call, Turn, read_arguments
from glmkit.chat.reply import INTERPRETER
from glmkit.errors import message

MAX_ROUNDS = 5  # the original's

# Asked before a dangerous call: (name, arguments, cancellation) -> whether the user agrees. May block and may raise
# Cancelled.
Approve = Callable[[str, Mapping[str, Any], Cancellation], bool]


class Agent:
    """A model with what it may use.

    Args:
        api: the server and model to ask.
        tools: None for none. A history's first reply fixes which of them that conversation knows.
        interpreter: runs the model's code; None for none.
        approve: asks the user about a dangerous call; without it such calls are refused.
        sampling: how the model chooses its words.
    """

    def __init__(
        self,
        api: Api,
        *,
        tools: Toolbox | None = None,
        interpreter: CodeRunner | None = None,
        approve: Approve | None = None,
        sampling: Sampling | None = None,
    ) -> None:
        self.api = api
        self.tools = tools or Toolbox([])
        self.interpreter = interpreter
        self.approve = approve
        self.sampling = sampling or Sampling()

    def reply(
        self, history: History, text: str | None = None, cancellation: Cancellation | None = None
    ) -> Generator[Event, None, None]:
        """Answer the user and yield what happens; the last event is Done or Failed, and there is always one.

        A caller that stops listening ends the reply. Whichever way it ends, every call in the history has a result, so
        that the conversation can go on.

        Args:
            history: grows while the reply comes.
            text: what the user says; None answers what stands in the history (retry).
            cancellation: ends the reply at any time, from any thread.
        """
        cancellation = cancellation or Cancellation()
        if text is not None:
            history.add_user(text)
        if history.tools is None:
            history.tools = [tool.definition() for tool in self.tools.tools]
        turn = Turn()
        try:
            for round_number in range(MAX_ROUNDS + 1):
                may_call = round_number < MAX_ROUNDS
                turn = Turn()
                yield from self._ask(history, turn, may_call, cancellation)
                if not turn.calls or not may_call:
                    yield Done(_reason(turn, may_call), turn.usage)
                    return
                for call in turn.calls:
                    yield from self._make(call, history, cancellation)
        except Cancelled:
            self._close_calls(history)
            yield Done("cancelled", turn.usage)
        except ApiError as error:
            yield Failed(str(error), "\n".join(error.hints()))
        finally:
            self._close_calls(history)

    def _ask(self, history: History, turn: Turn, may_call: bool, cancellation: Cancellation) -> Iterator[Event]:
        """Send the history and take the answer into it, or what had come of the answer when it was stopped."""
        tools = [*(history.tools or []), *([DEFINITION] if self.interpreter is not None else [])]
        chunks = self.api.stream(
            history.request_messages(self.api.base_url, CODE_SYSTEM_PROMPT if self.interpreter is not None else ""),
            tools=tools,
            may_call=may_call,
            sampling=self.sampling,
            cancellation=cancellation,
        )
        is_whole = False
        try:
            with closing(chunks):  # ends the request when the caller of this generator leaves
                for chunk in chunks:
                    for event in turn.feed(chunk):
                        if may_call or isinstance(event, TextDelta):  # a call that may not be made is not shown
                            yield event
            is_whole = True
        finally:
            said = turn.message(self.api.base_url, is_whole, may_call)
            if said is not None:
                history.messages.append(said)

    def _make(self, call: Call, history: History, cancellation: Cancellation) -> Iterator[Event]:
        """Make one call and put its result, whatever it is, into the history."""
        cancellation.check()
        arguments = read_arguments(call.arguments)
        yield CallReady(call.id, call.name, arguments or {})
        start = time.perf_counter()
        result = ToolResult(text=message("agent-call-cancelled"), failed=True)
        try:
            if arguments is None:
                result = ToolResult(text=message("agent-call-arguments", tool=call.name), failed=True)
            elif call.name == INTERPRETER:
                result = yield from self._run_code(call, arguments, cancellation)
            else:
                result = self._call_tool(call.name, arguments, history, cancellation)
        finally:
            history.add_result(call.id, result.text)
        for picture in result.pictures:
            yield CallImage(call.id, picture.data, picture.media_type)
        yield CallResult(call.id, call.name, result.text, result.failed, time.perf_counter() - start)

    def _run_code(
        self, call: Call, arguments: Mapping[str, Any], cancellation: Cancellation
    ) -> Generator[Event, None, ToolResult]:
        code = arguments.get("code")
        if self.interpreter is None:
            return ToolResult(text=message("agent-code-none"), failed=True)
        if not isinstance(code, str) or len(arguments) > 1:
            return ToolResult(text=message("agent-code-arguments"), failed=True)
        result = yield from run_code(self.interpreter, call.id, code, cancellation)
        return result

    def _call_tool(
        self, name: str, arguments: Mapping[str, Any], history: History, cancellation: Cancellation
    ) -> ToolResult:
        offered = [tool["name"] for tool in history.tools or []]
        refusal = self.tools.refusal(name, arguments, offered)
        if refusal is not None:
            return ToolResult(text=refusal, failed=True)
        if self.tools.is_dangerous(name) and not (self.approve and self.approve(name, arguments, cancellation)):
            return ToolResult(text=message("agent-call-forbidden", tool=name), failed=True)
        return self.tools.call(name, arguments, cancellation)

    def _close_calls(self, history: History) -> None:
        for call_id in history.open_calls():
            history.add_result(call_id, message("agent-call-cancelled"))


def _reason(turn: Turn, may_call: bool) -> Reason:
    if turn.finish_reason == "length":
        return "length"
    return "stop" if may_call else "rounds"
