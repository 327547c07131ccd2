"""The tools that come with glmkit (``python_tools.SHIPPED``). None of them reads files or runs code."""

from __future__ import annotations

from glmkit.agent.shipped.calculator import calculator
from glmkit.agent.shipped.clock import get_current_time
from glmkit.agent.shipped.random_number import random_number_generator
from glmkit.agent.shipped.units import convert_unit
from glmkit.agent.shipped.weather import get_weather

__all__ = ["calculator", "convert_unit", "get_current_time", "get_weather", "random_number_generator"]
