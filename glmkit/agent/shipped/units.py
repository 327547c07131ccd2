"""Units of measure: length, area, volume, mass, speed, time, data, energy, pressure, temperature.

Factors are exact by definition (international yard and pound, BIPM's SI brochure, NIST SP 811) as far as a float goes.
"""

from __future__ import annotations

from typing import Annotated

from glmkit.agent.tool import tool
from glmkit.chat.printable import shown
from glmkit.errors import GlmkitError

# Quantity -> unit names (with | between names of one unit) -> how many of the SI unit one is.
_UNITS: dict[str, dict[str, float]] = {
    "length": {
        "m|meter|metre|meters|metres|米": 1.0,
        "km|kilometer|kilometre|kilometers|kilometres|千米|公里": 1000.0,
        "dm|分米": 0.1,
        "cm|centimeter|centimetre|centimeters|centimetres|厘米": 0.01,
        "mm|millimeter|millimetre|millimeters|millimetres|毫米": 0.001,
        "in|inch|inches|英寸": 0.0254,
        "ft|foot|feet|英尺": 0.3048,
        "yd|yard|yards|码": 0.9144,
        "mi|mile|miles|英里": 1609.344,
        "nmi|nautical mile|nautical miles|海里": 1852.0,
        "里": 500.0,
    },
    "area": {
        "m2|m²|square meter|square meters|平方米": 1.0,
        "km2|km²|square kilometer|square kilometers|平方公里|平方千米": 1e6,
        "cm2|cm²|平方厘米": 1e-4,
        "ha|hectare|hectares|公顷": 1e4,
        "acre|acres|英亩": 4046.8564224,
        "ft2|ft²|square foot|square feet|平方英尺": 0.09290304,
        "亩": 2000 / 3,
    },
    "volume": {
        "m3|m³|cubic meter|cubic meters|立方米": 1.0,
        "l|liter|litre|liters|litres|升": 1e-3,
        "ml|milliliter|millilitre|milliliters|millilitres|毫升": 1e-6,
        "gal|gallon|gallons|加仑": 3.785411784e-3,
        "pt|pint|pints|品脱": 4.73176473e-4,
        "cup|cups|杯": 2.365882365e-4,
    },
    "mass": {
        "kg|kilogram|kilograms|千克|公斤": 1.0,
        "g|gram|grams|克": 1e-3,
        "mg|milligram|milligrams|毫克": 1e-6,
        "t|tonne|tonnes|吨": 1000.0,
        "lb|lbs|pound|pounds|磅": 0.45359237,
        "oz|ounce|ounces|盎司": 0.028349523125,
        "斤": 0.5,
        "两": 0.05,
    },
    "speed": {
        "m/s|米每秒": 1.0,
        "km/h|kmh|kph|千米每小时|公里每小时": 1 / 3.6,
        "mph|mile per hour|miles per hour|英里每小时": 0.44704,
        "kn|knot|knots|节": 1852 / 3600,
    },
    "time": {
        "s|sec|second|seconds|秒": 1.0,
        "ms|millisecond|milliseconds|毫秒": 1e-3,
        "min|minute|minutes|分钟": 60.0,
        "h|hour|hours|小时": 3600.0,
        "d|day|days|天": 86400.0,
        "week|weeks|周": 604800.0,
    },
    "data": {
        "b|byte|bytes|字节": 1.0,
        "bit|bits|比特": 0.125,
        "kb": 1e3,
        "mb": 1e6,
        "gb": 1e9,
        "tb": 1e12,
        "kib": 2.0**10,
        "mib": 2.0**20,
        "gib": 2.0**30,
        "tib": 2.0**40,
    },
    "energy": {
        "j|joule|joules|焦耳": 1.0,
        "kj|kilojoule|kilojoules|千焦": 1000.0,
        "cal|calorie|calories|卡": 4.184,
        "kcal|kilocalorie|kilocalories|千卡|大卡": 4184.0,
        "wh|watt hour|瓦时": 3600.0,
        "kwh|kilowatt hour|kilowatt hours|千瓦时|度电": 3.6e6,
    },
    "pressure": {
        "pa|pascal|pascals|帕": 1.0,
        "kpa|千帕": 1000.0,
        "bar|巴": 1e5,
        "atm|标准大气压": 101325.0,
        "psi": 6894.757293168361,
        "mmhg|毫米汞柱": 133.322387415,
    },
}
_TEMPERATURES = {
    "c": "c|°c|celsius|摄氏度|℃",
    "f": "f|°f|fahrenheit|华氏度|℉",
    "k": "k|kelvin|开尔文|开",
}
_FACTORS = {
    name: (quantity, factor)
    for quantity, units in _UNITS.items()
    for names, factor in units.items()
    for name in names.split("|")
}
_SCALES = {name: scale for scale, names in _TEMPERATURES.items() for name in names.split("|")}


@tool
def convert_unit(
    value: Annotated[float, "the number to convert"],
    from_unit: Annotated[str, "its unit, such as km, lb, celsius, 公里"],
    to_unit: Annotated[str, "the unit wanted"],
) -> dict[str, float | str]:
    """Convert a number from one unit of measure to another."""
    source, target = from_unit.strip().lower(), to_unit.strip().lower()
    for name, given in ((source, from_unit), (target, to_unit)):
        if name not in _FACTORS and name not in _SCALES:
            raise GlmkitError("agent-unit-unknown", unit=shown(given), known=", ".join([*_UNITS, "temperature"]))
    if source in _SCALES and target in _SCALES:
        result = _from_kelvin(_to_kelvin(value, _SCALES[source]), _SCALES[target])
    elif source in _FACTORS and target in _FACTORS and _FACTORS[source][0] == _FACTORS[target][0]:
        result = value * _FACTORS[source][1] / _FACTORS[target][1]
    else:
        raise GlmkitError("agent-unit-other", source=shown(from_unit), target=shown(to_unit))
    return {"value": float(f"{result:.10g}"), "unit": to_unit}


def _to_kelvin(value: float, scale: str) -> float:
    kelvin = {"c": value + 273.15, "f": (value + 459.67) * 5 / 9, "k": value}[scale]
    if kelvin < -1e-9:
        raise GlmkitError("agent-unit-cold", value=f"{value:g}", unit=scale.upper())
    return kelvin


def _from_kelvin(kelvin: float, scale: str) -> float:
    return {"c": kelvin - 273.15, "f": kelvin * 9 / 5 - 459.67, "k": kelvin}[scale]
