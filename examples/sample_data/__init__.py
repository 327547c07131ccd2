"""The APIs of the sample data set, one module each; six have English episodes, six Chinese ones."""

from __future__ import annotations

from .cinema import CINEMA
from .currency import CURRENCY
from .gym import GYM
from .hotel import HOTEL
from .layout import Api
from .library import LIBRARY
from .museum import MUSEUM
from .parcels import PARCELS
from .parking import PARKING
from .pharmacy import PHARMACY
from .recipes import RECIPES
from .trains import TRAINS
from .weather import WEATHER

APIS: tuple[Api, ...] = (
    WEATHER,
    RECIPES,
    LIBRARY,
    TRAINS,
    PARCELS,
    CINEMA,
    CURRENCY,
    MUSEUM,
    GYM,
    HOTEL,
    PARKING,
    PHARMACY,
)
