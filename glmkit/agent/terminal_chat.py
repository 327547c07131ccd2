"""A conversation with the agent at a terminal: replies with their calls, commands, files, Ctrl-C.

In: an ``Agent`` (model behind an API, tools, interpreter) and the lines a person types. Out: the model's words on
stdout, everything else on stderr. Called by ``glmkit.chat_command``.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TextIO

from glmkit.agent.api import Api, Sampling
from glmkit.agent.cancellation import Cancellation, Cancelled
from glmkit.agent.code_runner import CODE_SYSTEM_PROMPT
from glmkit.agent.events import CallStarted, Done, Failed, TextDelta
from glmkit.agent.history import History
from glmkit.agent.loop import Agent
from glmkit.agent.sandbox import Interpreter, Limits
from glmkit.agent.terminal_events import AskInTerminal, TerminalEvents
from glmkit.agent.toolbox import Toolbox
from glmkit.chat.printable import printable
from glmkit.errors import GlmkitError, StorageError, message
from glmkit.terminal import LEFT_BY_CTRL_C, converse, read_line

PATIENCE = 5.0  # seconds that a reply may take to stop; then Ctrl-C ends the program


class TerminalChat:
    """One terminal, one conversation at a time.

    Args:
        api: the model.
        tools: what it may call.
        interpreter: runs its code; None for none. A new conversation begins with a new one, files stay.
        sampling: how it chooses its words.
        system: the system prompt, "" for none.
        streams: stdin, stdout, stderr.
        pictures: the folder that pictures are saved in.
    """

    def __init__(
        self,
        api: Api,
        tools: Toolbox,
        interpreter: Interpreter | None,
        sampling: Sampling,
        system: str,
        streams: tuple[TextIO, TextIO, TextIO],
        pictures: Path,
    ) -> None:
        self._stdin, self._stdout, self._stderr = streams
        self._ask = AskInTerminal(self._read_answer, self._stderr)
        self._agent = Agent(api, tools=tools, interpreter=interpreter, approve=self._approve, sampling=sampling)
        self._interpreter = interpreter
        self._code_prompt = CODE_SYSTEM_PROMPT if interpreter is not None else ""
        self._screen = TerminalEvents(self._stdout, self._stderr, pictures)
        self._own_files: set[Path] = set()  # that this conversation may write over
        self._history = History(system=system)
        self._commands: dict[str, Callable[[str], None]] = {
            "/help": lambda _: self._say("agent-chat-help"),
            "/tools": lambda _: self._list_tools(),
            "/clear": lambda _: self._clear(),
            "/system": self._set_system,
            "/retry": lambda _: self._retry(),
            "/save": self._save,
            "/load": self._load,
            "/files": lambda _: self._list_files(),
            "/add": self._add_file,
            "/get": self._get_file,
        }

    def converse(self) -> int:
        """Hold a conversation until the user leaves; return the exit code."""
        return converse(self._stdin, self._stdout, self._stderr, self.answer, self._obey)

    def answer(self, text: str) -> int:
        """Answer once and return the exit code.

        Ctrl-C stops the reply: what had come of it is kept. Where nothing had come by then, or before the server
        failed, the message is taken back, so that the next one does not stand behind it.
        """
        is_silent = True
        code = 0
        with ExitStack() as stack:
            cancellation = stack.enter_context(_stops_at_ctrl_c())
            events = stack.enter_context(closing(self._agent.reply(self._history, text, cancellation)))
            for event in events:
                self._screen.show(event)
                if isinstance(event, (TextDelta, CallStarted)):
                    is_silent = False
                elif isinstance(event, Failed):
                    code = GlmkitError.exit_code
                elif isinstance(event, Done) and event.reason == "cancelled":
                    code = LEFT_BY_CTRL_C
                elif isinstance(event, Done) and is_silent:
                    self._say("serving-empty-reply")
        if code and self._history.messages[-1]["role"] == "user":
            self._history.take_back()
            if code == GlmkitError.exit_code:
                self._say("serving-not-sent")
                if self._history.messages:  # maybe too many for the context
                    self._say("serving-clear-helps")
        return code

    def _approve(self, name: str, arguments: Mapping[str, Any], cancellation: Cancellation) -> bool:
        """Ask about a dangerous call; Ctrl-C instead of an answer stops the reply."""
        with _handles_ctrl_c_by(signal.default_int_handler):
            try:
                return self._ask(name, arguments, cancellation)
            except KeyboardInterrupt:
                raise Cancelled from None

    def _read_answer(self) -> str | None:
        line = read_line(self._stdin, self._stdout, self._stderr)
        if line is None:
            print(file=self._stderr)  # nobody ended the line
        return line

    def _obey(self, command: str, argument: str) -> None:
        if command not in self._commands:
            self._say("serving-unknown-command", command=printable(command))
            return
        try:
            self._commands[command](argument)
        except OSError as error:
            where = printable(str(error.filename or argument))
            self._fail(StorageError("agent-chat-file", where=where, reason=error.strerror or error))
        except GlmkitError as error:
            self._fail(error)

    def _clear(self) -> None:
        self._begin(History(system=self._history.system))
        self._say("serving-cleared")

    def _set_system(self, text: str) -> None:
        self._history.system = text
        self._say("serving-system-set" if text else "serving-system-removed", text=text)

    def _retry(self) -> None:
        text = self._history.take_back()
        if text is None:
            self._say("agent-chat-no-retry")
        else:
            self.answer(text)

    def _save(self, name: str) -> None:
        if not name:
            raise GlmkitError("agent-chat-needs-file", command="/save")
        text = self._history.to_json(self._code_prompt)
        if text is None:
            raise GlmkitError("agent-chat-nothing-to-save")
        path = Path(name).expanduser()
        with open(path, "w" if path.resolve() in self._own_files else "x", encoding="utf-8") as file:
            file.write(text)
        self._own_files.add(path.resolve())
        self._say("agent-chat-saved", path=printable(str(path)))

    def _load(self, name: str) -> None:
        if not name:
            raise GlmkitError("agent-chat-needs-file", command="/load")
        path = Path(name).expanduser()
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise GlmkitError("agent-import-json", reason=error) from error
        history = History.from_json(text)
        if history.system == self._code_prompt:
            history.system = ""  # it stands in by itself
        self._begin(history)
        self._say("agent-chat-loaded", count=len(history.messages), path=printable(str(path)))
        own = [tool.name for tool in self._agent.tools.tools]
        missing = [tool["name"] for tool in history.tools or [] if tool["name"] not in own]
        if missing:
            self._say("agent-chat-tools-missing", tools=printable(", ".join(missing)))

    def _begin(self, history: History) -> None:
        self._history = history
        if self._interpreter is not None:
            self._interpreter.restart()

    def _list_tools(self) -> None:
        for tool in self._agent.tools.tools:
            print(f"{tool.name}  {printable(tool.description)}", file=self._stderr)
        if not self._agent.tools.tools:
            self._say("agent-chat-no-tools")

    def _list_files(self) -> None:
        files = self._sandbox().files()
        for file in files:
            print(f"{file.size:>12,}  {printable(file.name)}", file=self._stderr)
        if not files:
            self._say("agent-chat-no-files")

    def _add_file(self, name: str) -> None:
        if not name:
            raise GlmkitError("agent-chat-needs-file", command="/add")
        path = Path(name).expanduser()
        sandbox = self._sandbox()
        with open(path, "rb") as file:
            added = sandbox.add_file(path.name, file.read(Limits().file_bytes + 1))  # one more is refused there
        self._say("agent-chat-added", path=printable(f"/mnt/data/{added.name}"))

    def _get_file(self, name: str) -> None:
        if not name:
            raise GlmkitError("agent-chat-needs-file", command="/get")
        target = Path(Path(name).name)
        with self._sandbox().open_file(name) as source, open(target, "xb") as file:
            file.write(source.read())
        self._say("agent-chat-got", path=printable(str(target)))

    def _sandbox(self) -> Interpreter:
        if self._interpreter is None:
            raise GlmkitError("agent-chat-no-code")
        return self._interpreter

    def _fail(self, error: GlmkitError) -> None:
        print(message("cli-error", text=error), file=self._stderr)
        for hint in error.hints():
            print(message("cli-hint", text=hint), file=self._stderr)

    def _say(self, code: str, **values: Any) -> None:
        print(message(code, **values), file=self._stderr, flush=True)


@contextmanager
def _stops_at_ctrl_c() -> Iterator[Cancellation]:
    """Give a cancellation that Ctrl-C presses; where that does not help, Ctrl-C raises KeyboardInterrupt as ever.

    The handler itself runs in this thread between any two steps, maybe while it holds the cancellation's lock; so
    another thread presses, told through a queue that handlers may use.
    """
    cancellation = Cancellation()
    presses: SimpleQueue[bool] = SimpleQueue()
    pressed_at: list[float] = []

    def wait_for_press() -> None:
        if presses.get():
            cancellation.cancel()

    def press(number: int, frame: Any) -> None:
        pressed_at.append(time.monotonic())
        if pressed_at[-1] - pressed_at[0] > PATIENCE:
            raise KeyboardInterrupt
        presses.put(True)

    thread = threading.Thread(target=wait_for_press, name="ctrl-c", daemon=True)
    thread.start()
    try:
        with _handles_ctrl_c_by(press):
            yield cancellation
    finally:
        presses.put(False)
        thread.join()


@contextmanager
def _handles_ctrl_c_by(handler: Callable[[int, Any], Any]) -> Iterator[None]:
    """Set the handler of SIGINT for a while; in another thread than the first there is none to set."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
