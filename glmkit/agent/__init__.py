"""What a model does besides talking: tools, Python code, and the loop that joins them with a model behind an API."""

from __future__ import annotations

from glmkit.agent.tool import tool

__all__ = ["tool"]
