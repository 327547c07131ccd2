"""Parcel tracking: where a parcel is, what sending costs, asking for another day (English)."""

from __future__ import annotations

from random import Random

from .layout import Api, Call, Episode, Function, Parameter

PLACES = ("Antwerp", "Bilbao", "Cork", "Dresden", "Florence", "Gdansk", "Lyon", "Malmo", "Utrecht", "Zagreb")
STATES = ("in a sorting centre", "on a truck", "out for delivery", "at the customs office", "at the parcel shop")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def some_number(r: Random) -> str:
    return f"{r.choice(('PX', 'QT', 'RB'))}{r.randint(100000, 999999)}"


def where_is_it(r: Random) -> Episode:
    number, place, state, day = some_number(r), r.choice(PLACES), r.choice(STATES), r.choice(WEEKDAYS)
    question = r.choice(
        (
            f"Where is my parcel {number}?",
            f"Can you track {number} for me?",
            f"I'm waiting for {number}. When will it arrive?",
        )
    )
    call = Call(
        "trackParcel",
        {"number": number},
        {"number": number, "state": state, "place": place, "expected": day},
    )
    reply = f"Parcel {number} is {state} in {place} and should arrive on {day}."
    return Episode(question, (call,), reply)


def price(r: Random) -> Episode:
    origin, target = r.sample(PLACES, 2)
    weight, cents, days = r.randint(1, 30), r.randint(450, 4999), r.randint(1, 6)
    question = r.choice(
        (
            f"How much does it cost to send {weight} kg from {origin} to {target}?",
            f"I want to ship a {weight} kg box from {origin} to {target}. What's the price?",
        )
    )
    euros = f"{cents // 100}.{cents % 100:02d}"
    call = Call(
        "getPrice",
        {"origin": origin, "target": target, "weight": weight},
        {"price": euros, "currency": "EUR", "days": days},
    )
    time = "1 day" if days == 1 else f"{days} days"
    reply = f"Sending {weight} kg from {origin} to {target} costs {euros} EUR and takes {time}."
    return Episode(question, (call,), reply)


def another_day(r: Random) -> Episode:
    number, place = some_number(r), r.choice(PLACES)
    planned, wanted = r.sample(WEEKDAYS, 2)
    question = r.choice(
        (
            f"When does {number} come? If it isn't {wanted}, please move it to {wanted}.",
            f"I'm only home on {wanted}. Can {number} come then?",
        )
    )
    track = Call(
        "trackParcel",
        {"number": number},
        {"number": number, "state": "in a sorting centre", "place": place, "expected": planned},
    )
    move = Call(
        "changeDay",
        {"number": number, "day": wanted},
        {"number": number, "expected": wanted},
    )
    reply = f"Parcel {number} was planned for {planned}; it now comes on {wanted}."
    return Episode(question, (track, move), reply)


def wrong_number(r: Random) -> Episode:
    number = f"{r.choice(('ZZ', 'AB', 'KK'))}{r.randint(100, 9999)}"
    question = r.choice((f"Where has parcel {number} got to?", f"Track {number}, please."))
    call = Call(
        "trackParcel",
        {"number": number},
        {"error": "a number has two letters and six digits"},
        status=400,
    )
    reply = f"{number} is not a valid parcel number: it needs two letters and six digits. Could you check it again?"
    return Episode(question, (call,), reply)


PARCELS = Api(
    name="Parcel Post",
    description="Tracking, prices and delivery days of parcels",
    category="Transportation",
    introduction="Parcel Post follows parcels across Europe. It shows where a parcel is, tells what sending one costs"
    " and lets the receiver choose another delivery day.",
    functions=(
        Function(
            name="trackParcel",
            text="Show where a parcel is.",
            path="/parcels",
            parameters=(Parameter("number", "string", "The parcel number: two letters, six digits.", required=True),),
            output="The state of the parcel and the expected day.",
            answer={"number": "string", "state": "string", "place": "string", "expected": "string"},
        ),
        Function(
            name="getPrice",
            text="Get the price of sending a parcel.",
            path="/price",
            parameters=(
                Parameter("origin", "string", "The city it is sent from.", required=True),
                Parameter("target", "string", "The city it is sent to.", required=True),
                Parameter("weight", "integer", "The weight in kg, 1 to 30.", required=True),
            ),
            output="The price and the days it takes.",
            answer={"price": "string", "currency": "string", "days": "integer"},
        ),
        Function(
            name="changeDay",
            text="Choose another delivery day.",
            path="/parcels/day",
            parameters=(
                Parameter("number", "string", "The parcel number.", required=True),
                Parameter("day", "string", "The new day.", required=True, choices=WEEKDAYS),
            ),
            output="The confirmed day.",
            answer={"number": "string", "expected": "string"},
            method="post",
        ),
    ),
    writers=(where_is_it, price, another_day, wrong_number),
)
