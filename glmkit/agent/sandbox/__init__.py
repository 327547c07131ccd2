"""Python for models, behind walls: ``with Interpreter() as python: list(python.run("1 + 1"))``."""

from glmkit.agent.sandbox.events import Done, Error, Event, Image, Result, Text, observation
from glmkit.agent.sandbox.interpreter import Interpreter
from glmkit.agent.sandbox.layers import Layer, Report, probe
from glmkit.agent.sandbox.limits import Limits
from glmkit.agent.sandbox.workspace import File

__all__ = [
    "Done",
    "Error",
    "Event",
    "File",
    "Image",
    "Interpreter",
    "Layer",
    "Limits",
    "Report",
    "Result",
    "Text",
    "observation",
    "probe",
]
