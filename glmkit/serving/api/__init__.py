"""The API room of serving: OpenAI's routes over the engine. ``command`` starts it, ``app`` joins its parts."""

from __future__ import annotations

from importlib.util import find_spec

from glmkit.errors import ConfigError

PACKAGES = ("fastapi", "uvicorn", "prometheus_client", "llguidance")


def require_packages() -> None:
    """Raise ConfigError, with the command that helps, where a package that the API needs is not installed."""
    for package in PACKAGES:
        if find_spec(package) is None:
            raise ConfigError("api-not-installed", package=package)
