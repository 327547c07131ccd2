"""Parking: free places, tickets, longer stays (English)."""

from __future__ import annotations

from random import Random

from .layout import Api, Call, Episode, Function, Parameter

GARAGES = ("Old Market", "Station North", "Opera", "River Gate", "University", "Castle Hill", "Fair West", "Hospital")
VEHICLES = ("car", "van", "motorcycle")


def some_plate(r: Random) -> str:
    letters = "".join(r.choice("ABDEHKLMNPRSTX") for _ in range(2))
    return f"{letters}-{r.randint(100, 9999)}"


def free_places(r: Random) -> Episode:
    garage, vehicle, free, price = r.choice(GARAGES), r.choice(VEHICLES), r.randint(2, 480), r.randint(1, 9)
    question = r.choice(
        (
            f"Can I still park a {vehicle} at {garage}?",
            f"How many places for a {vehicle} are left in the {garage} garage?",
            f"Is {garage} full? I come with a {vehicle}.",
        )
    )
    call = Call(
        "getFreePlaces",
        {"garage": garage, "vehicle": vehicle},
        {"free": free, "hourly": price},
    )
    reply = f"At {garage}, {free} places for a {vehicle} are free. An hour costs {price} EUR."
    return Episode(question, (call,), reply)


def buy_ticket(r: Random) -> Episode:
    plate, garage, hours = some_plate(r), r.choice(GARAGES), r.randint(1, 12)
    ticket, price = f"P{r.randint(10000, 99999)}", r.randint(2, 60)
    time = "1 hour" if hours == 1 else f"{hours} hours"
    question = r.choice(
        (
            f"Get me a ticket at {garage} for {time}; my plate is {plate}.",
            f"I'm parking {plate} at {garage}. {time}, please.",
        )
    )
    call = Call(
        "buyTicket",
        {"garage": garage, "plate": plate, "hours": hours},
        {"ticket": ticket, "price": price},
    )
    reply = f"Ticket {ticket} for {plate} at {garage} is valid for {time} and costs {price} EUR."
    return Episode(question, (call,), reply)


def check_and_buy(r: Random) -> Episode:
    plate, garage, hours = some_plate(r), r.choice(GARAGES), r.randint(2, 12)
    free, hourly, ticket, price = r.randint(2, 480), r.randint(1, 9), f"P{r.randint(10000, 99999)}", r.randint(2, 60)
    look = Call(
        "getFreePlaces",
        {"garage": garage, "vehicle": "car"},
        {"free": free, "hourly": hourly},
    )
    buy = Call(
        "buyTicket",
        {"garage": garage, "plate": plate, "hours": hours},
        {"ticket": ticket, "price": price},
    )
    question = r.choice(
        (
            f"If {garage} has room for my car {plate}, buy {hours} hours there.",
            f"Check that my car fits in at {garage}, then buy {hours} hours for {plate}.",
        )
    )
    reply = f"{garage} has {free} free places. Ticket {ticket} for {plate}: {hours} hours, {price} EUR."
    return Episode(question, (look, buy), reply)


def too_long(r: Random) -> Episode:
    ticket, hours, limit = f"P{r.randint(10000, 99999)}", r.randint(13, 48), r.randint(2, 12)
    question = r.choice((f"Extend ticket {ticket} by {hours} hours.", f"I need {hours} more hours on {ticket}."))
    call = Call(
        "extendTicket",
        {"ticket": ticket, "hours": hours},
        {"error": f"at most {limit} more hours"},
        status=400,
    )
    reply = f"Ticket {ticket} cannot be extended by {hours} hours, only by {limit}. Shall I do that?"
    return Episode(question, (call,), reply)


PARKING = Api(
    name="Park Inside",
    description="Free places and tickets of parking garages",
    category="Transportation",
    introduction="Park Inside knows how many places are free in the garages of a city, and sells and extends tickets.",
    functions=(
        Function(
            name="getFreePlaces",
            text="Count the free places of a garage.",
            path="/garages",
            parameters=(
                Parameter("garage", "string", "The garage.", required=True),
                Parameter("vehicle", "string", "The vehicle.", required=True, choices=VEHICLES),
            ),
            output="Free places and the price of an hour.",
            answer={"free": "integer", "hourly": "integer"},
        ),
        Function(
            name="buyTicket",
            text="Buy a ticket.",
            path="/tickets",
            parameters=(
                Parameter("garage", "string", "The garage.", required=True),
                Parameter("plate", "string", "The number plate.", required=True),
                Parameter("hours", "integer", "For how many hours.", required=True),
            ),
            output="The ticket and its price.",
            answer={"ticket": "string", "price": "integer"},
            method="post",
        ),
        Function(
            name="extendTicket",
            text="Make a ticket valid for longer.",
            path="/tickets/extension",
            parameters=(
                Parameter("ticket", "string", "The ticket: P and five digits.", required=True),
                Parameter("hours", "integer", "How many hours more.", required=True),
            ),
            output="The price of the extension.",
            answer={"ticket": "string", "price": "integer"},
            method="post",
        ),
    ),
    writers=(free_places, buy_ticket, check_and_buy, too_long),
)
