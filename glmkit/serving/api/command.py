"""`glmkit serve`: from its settings to a running server. What can be wrong is found before any weight is loaded."""

from __future__ import annotations

import getpass
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from glmkit.chat.tokenizer import Tokenizer
from glmkit.errors import ConfigError, Problem, notice
from glmkit.loading import Resolved, find_adapter, load_tokenizer, resolve, tools_layout_of
from glmkit.model.files import DESCRIPTION_FILE, read_description
from glmkit.serving.api.app import Access, make_app
from glmkit.serving.api.constraints import Constraints
from glmkit.serving.api.engine_loop import EngineHost, EngineLoop
from glmkit.serving.api.engine_process import EngineProcess, EngineSettings
from glmkit.serving.api.guard import LOOPBACK_HOSTS
from glmkit.serving.api.metrics import Metrics
from glmkit.serving.api.routes import Api
from glmkit.serving.api.served import NAME, AdapterFolder, ServedModels
from glmkit.serving.api.server import Server, bind
from glmkit.serving_config import ServeConfig

KEY_VARIABLE = "GLMKIT_API_KEY"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MAX_KEY_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Place:
    """A model to be served: its name, its adapter's files (None: the base), and the layout its tools were in."""

    name: str
    adapter: Path | None
    tools_layout: str


def run_serve(config: ServeConfig) -> int:
    """Serve until a signal comes; return the exit code.

    Raises:
        ConfigError, ModelError: settings that cannot work, files that are missing or do not fit.
        GlmkitError: the engine has failed again and again. KeyboardInterrupt: a signal came before all was loaded.
    """
    key = read_key(config)
    if config.host not in LOOPBACK and key is None:
        raise ConfigError("api-open-without-key", where="host", host=config.host, variable=KEY_VARIABLE)
    resolved = resolve(config.model)
    places = places_of(config, resolved)
    bound = bind(config.host, config.port)
    try:
        tokenizer = load_tokenizer(config.tokenizer or config.model)
        notice("api-loading", model=config.model)
        api = make_api(config, EngineProcess(_settings(config, resolved)), tokenizer, places)
        access = Access(
            key=key,
            hosts=None if config.host not in LOOPBACK else (*LOOPBACK_HOSTS, *config.allowed_hosts),
            origins=tuple(config.cors_origins),
            adapter_folder=Path(config.adapters).expanduser() if config.adapters else None,
            may_change_adapters=config.allow_adapter_changes,
        )
        app = make_app(api, access, lambda path: (find_adapter(path), tools_layout_of(resolved.base, path)))
        server = Server(app, api.loop, config.drain_s, lambda: say_where(bound, api.models.names))
        server.run(sockets=[bound])
        if api.loop.given_up is not None:
            raise api.loop.given_up
        if not server.started:
            raise KeyboardInterrupt
    finally:
        bound.close()
    return 0


def make_api(config: ServeConfig, host: EngineHost, tokenizer: Tokenizer, places: list[Place]) -> Api:
    """Return what the routes share: the engine's loop, not yet started, and the models by name.

    Args:
        config: the settings.
        host: starts the engines, of the base.
        tokenizer: of the base.
        places: what to serve, the default first; one is the base.
    """
    base = next(place.name for place in places if place.adapter is None)
    metrics = Metrics(places[0].name)
    loop = EngineLoop(host, config.max_queue, config.watchdog_s, metrics.observer)
    models = ServedModels(tokenizer, base, lambda: loop.unavailable)
    for place in places:
        models.add(place.name, None if place.adapter is None else place.name, place.tools_layout)
    loop.adapters.update({place.name: place.adapter for place in places if place.adapter is not None})
    constraints = Constraints(tokenizer, models.get(None).protocol)
    return Api(loop, models, constraints, metrics)


def places_of(config: ServeConfig, resolved: Resolved) -> list[Place]:
    """Return what is to be served: the run that MODEL is, every --adapter, the base, then what --adapters holds.

    Raises:
        ConfigError: a name that cannot be one, or stands for two things. ModelError: an adapter that is none.
    """
    given: list[tuple[str, Path | None]] = []
    if resolved.adapter is not None:
        given.append((config.name or _name_of(config.model), resolved.adapter))
    for text in config.adapter:
        name, equals, path = text.partition("=")
        given.append((name, Path(path)) if equals else (_name_of(text), Path(text)))
    base = config.name if resolved.adapter is None and config.name else _base_name(config, resolved)
    given.append((base, None))
    if config.adapters:
        root = Path(config.adapters).expanduser()
        if not root.is_dir():
            raise ConfigError("api-no-folder", where="adapters", value=config.adapters)
        folder = AdapterFolder(root)
        given += [(name, folder.path(name)) for name in folder.names()]
    names = [name for name, _ in given]
    problems = [Problem("api-adapter-name", "adapter", {"value": repr(name)}) for name in names if not is_name(name)]
    problems += [Problem("api-name-twice", "adapter", {"name": name}) for name in {*names} if names.count(name) > 1]
    if problems:
        raise ConfigError(problems)
    return [_place(name, path, resolved) for name, path in given]


def is_name(name: str) -> bool:
    """Whether a model may be called ``name``."""
    return NAME.fullmatch(name) is not None


def read_key(config: ServeConfig) -> str | None:
    """Return the key of --api-key-file, or else of the environment; None: there is none. Raises ConfigError."""
    if not config.api_key_file:
        key = os.environ.get(KEY_VARIABLE, "")
        return key.strip() or None
    path = Path(config.api_key_file).expanduser()
    try:
        key = path.read_bytes()[: MAX_KEY_BYTES + 1].decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("api-key-file", where=str(path), reason=error) from error
    if not key or len(key) > MAX_KEY_BYTES or not key.isprintable():
        raise ConfigError("api-key-file", where=str(path), reason=f"{len(key)} characters")
    return key


def say_where(bound: socket.socket, names: list[str]) -> None:
    """Tell where the server listens, what it serves, and how to reach it from elsewhere."""
    host, port = bound.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    notice("api-serving", url=f"http://{shown}:{port}/v1", models=", ".join(names))
    if host in LOOPBACK:
        user = "USER"
        with suppress(OSError, KeyError):  # a container's user may have no name
            user = getpass.getuser()
        notice("api-tunnel", command=f"ssh -L {port}:{shown}:{port} {user}@{socket.gethostname()}")


def _settings(config: ServeConfig, resolved: Resolved) -> EngineSettings:
    return EngineSettings(
        model=str(resolved.base),
        tokenizer=config.tokenizer or config.model,
        dtype=config.dtype,
        device=config.device,
        threads=config.threads,
        max_batch=config.max_batch,
        max_seq_len=config.max_seq_len,
    )


def _place(name: str, adapter: Path | None, resolved: Resolved) -> Place:
    if adapter is None:
        return Place(name, None, tools_layout_of(resolved.base))
    return Place(name, find_adapter(adapter), tools_layout_of(resolved.base, adapter))


def _name_of(path: str) -> str:
    return Path(path).expanduser().resolve().name


def _base_name(config: ServeConfig, resolved: Resolved) -> str:
    """Return a name for the base: its folder's or hub id's; of a run, what the adapter was tuned from."""
    if resolved.adapter is None:
        return _name_of(config.model)
    is_ours = (resolved.adapter / DESCRIPTION_FILE).is_file()
    described = read_description(resolved.adapter).get("base") if is_ours else None
    return Path(str(described or resolved.base)).name
