"""The APIs of the sample data set: six with English episodes, six with Chinese ones."""

from __future__ import annotations

from .chinese import CHINESE
from .english import ENGLISH
from .layout import Api

APIS: tuple[Api, ...] = (*ENGLISH, *CHINESE)
