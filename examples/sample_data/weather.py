"""City weather: temperatures now and in the coming days (English)."""

from __future__ import annotations

from random import Random

from .layout import Api, Call, Episode, Function, Parameter

CITIES = ("Oslo", "Lisbon", "Nairobi", "Lima", "Hanoi", "Perth", "Quebec", "Porto", "Tallinn", "Osaka", "Cusco")
SKIES = ("a clear sky", "clouds", "light rain", "heavy rain", "fog", "showers", "strong wind", "thunderstorms")
DAYS = ("tomorrow", "the day after tomorrow")
MADE_UP_CITIES = ("Brindlewick", "Port Umber", "Saltmarrow", "Eastfallow", "Glimmerdale", "Old Harrowby", "Tin Hollow")


def temperature_now(r: Random) -> Episode:
    city, sky = r.choice(CITIES), r.choice(SKIES)
    unit, low, high = r.choice((("celsius", -9, 36), ("fahrenheit", 15, 97)))
    degrees, humidity = r.randint(low, high), r.randint(20, 98)
    question = r.choice(
        (
            f"What is the weather like in {city} right now? In {unit}, please.",
            f"How warm is it in {city} at the moment, in degrees {unit}?",
            f"I'm about to leave the house in {city}. What's it like outside? I think in {unit}.",
        )
    )
    answer = {"city": city, "temperature": degrees, "sky": sky, "humidity": humidity}
    call = Call(
        "getCurrentWeather",
        {"city": city, "unit": unit},
        answer,
    )
    reply = f"In {city} it is {degrees} degrees {unit} with {sky}. The humidity is {humidity} percent."
    return Episode(question, (call,), reply)


def coming_day(r: Random) -> Episode:
    city, ahead = r.choice(CITIES), r.randint(1, 2)
    days = []
    for day in range(1, ahead + 1):
        low = r.randint(-8, 24)
        days.append({"day": day, "low": low, "high": low + r.randint(3, 12), "sky": r.choice(SKIES)})
    question = r.choice(
        (
            f"What will the weather be in {city} {DAYS[ahead - 1]}?",
            f"Give me the forecast for {city} {DAYS[ahead - 1]}, please.",
            f"I'll be in {city} {DAYS[ahead - 1]}. What should I expect?",
        )
    )
    call = Call(
        "getForecast",
        {"city": city, "days": ahead},
        {"city": city, "forecast": days},
    )
    last = days[-1]
    reply = (
        f"{city} will have {last['sky']} {DAYS[ahead - 1]}, between {last['low']} and {last['high']} degrees celsius."
    )
    return Episode(question, (call,), reply)


def warmer_city(r: Random) -> Episode:
    first, second = r.sample(CITIES, 2)
    degrees = dict(zip((first, second), r.sample(range(-9, 37), 2), strict=True))
    calls = tuple(
        Call(
            "getCurrentWeather",
            {"city": city, "unit": "celsius"},
            {"city": city, "temperature": degrees[city], "sky": r.choice(SKIES), "humidity": r.randint(20, 98)},
        )
        for city in (first, second)
    )
    warmer, colder = sorted((first, second), key=lambda city: -degrees[city])
    question = r.choice(
        (f"Which is warmer right now, {first} or {second}?", f"Is it warmer in {first} than in {second} at the moment?")
    )
    reply = f"{warmer} is warmer: {degrees[warmer]} degrees celsius, against {degrees[colder]} in {colder}."
    return Episode(question, calls, reply)


def unknown_city(r: Random) -> Episode:
    city, days = r.choice(MADE_UP_CITIES), r.randint(2, 5)
    question = r.choice(
        (f"What's the forecast for {city} over the next {days} days?", f"Will it rain in {city} within {days} days?")
    )
    call = Call(
        "getForecast",
        {"city": city, "days": days},
        {"error": f"no station in '{city}'"},
        status=404,
    )
    reply = f"I could not get a forecast: the service has no station in {city}. Shall I try a larger town nearby?"
    return Episode(question, (call,), reply)


WEATHER = Api(
    name="City Weather",
    description="Current weather and short forecasts for cities",
    category="Weather",
    introduction="City Weather reports the conditions measured at city stations around the world. It tells the current"
    " temperature, sky and humidity of a city and gives a forecast of up to five days.",
    functions=(
        Function(
            name="getCurrentWeather",
            text="Get the current weather in a city.",
            path="/current",
            parameters=(
                Parameter("city", "string", "The name of the city.", required=True),
                Parameter("unit", "string", "The unit of the temperature.", choices=("celsius", "fahrenheit")),
            ),
            output="The conditions measured last.",
            answer={"city": "string", "temperature": "integer", "sky": "string", "humidity": "integer"},
        ),
        Function(
            name="getForecast",
            text="Get the forecast for a city, in degrees celsius.",
            path="/forecast",
            parameters=(
                Parameter("city", "string", "The name of the city.", required=True),
                Parameter("days", "integer", "How many days, 1 to 5.", required=True),
            ),
            output="One entry a day, day 1 is tomorrow.",
            answer={
                "city": "string",
                "forecast": [{"day": "integer", "low": "integer", "high": "integer", "sky": "string"}],
            },
        ),
    ),
    writers=(temperature_now, coming_day, warmer_city, unknown_city),
    flawed=(
        Episode(  # the agent stopped before it had a last thought
            "What will the weather be like on the moon next week?",
            (
                Call(
                    "getForecast",
                    {"city": "the moon", "days": 7},
                    {"error": "days must be between 1 and 5"},
                    status=400,
                ),
            ),
            "The agent stopped after too many steps.",
            is_finished=False,
        ),
    ),
)
