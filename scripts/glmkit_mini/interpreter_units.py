"""Units of measurement that interpreter tasks convert. Read by ``interpreter_problems``, ``interpreter_more_figures``."""

from __future__ import annotations

# (unit from, unit to, in Chinese, in Chinese, the expression of the value $a)
CONVERSIONS = (
    ("miles", "kilometres", "英里", "公里", "$a * 1.609344"),
    ("kilometres", "miles", "公里", "英里", "$a / 1.609344"),
    ("inches", "centimetres", "英寸", "厘米", "$a * 2.54"),
    ("centimetres", "inches", "厘米", "英寸", "$a / 2.54"),
    ("feet", "metres", "英尺", "米", "$a * 0.3048"),
    ("metres", "feet", "米", "英尺", "$a / 0.3048"),
    ("pounds", "kilograms", "磅", "公斤", "$a * 0.45359237"),
    ("kilograms", "pounds", "公斤", "磅", "$a / 0.45359237"),
    ("degrees Celsius", "degrees Fahrenheit", "摄氏度", "华氏度", "$a * 9 / 5 + 32"),
    ("degrees Fahrenheit", "degrees Celsius", "华氏度", "摄氏度", "($a - 32) * 5 / 9"),
    ("hours", "minutes", "小时", "分钟", "$a * 60"),
    ("minutes", "hours", "分钟", "小时", "$a / 60"),
    ("days", "hours", "天", "小时", "$a * 24"),
    ("hours", "seconds", "小时", "秒", "$a * 3600"),
    ("weeks", "days", "周", "天", "$a * 7"),
    ("metres", "centimetres", "米", "厘米", "$a * 100"),
    ("kilometres", "metres", "公里", "米", "$a * 1000"),
    ("grams", "kilograms", "克", "千克", "$a / 1000"),
    ("litres", "millilitres", "升", "毫升", "$a * 1000"),
    ("gigabytes", "megabytes", "GB", "MB", "$a * 1024"),
)
