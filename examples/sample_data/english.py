"""The six APIs whose episodes are in English."""

from __future__ import annotations

from .layout import Api, Call, Episode
from .tasks import Task, api, clock, code, number, one_of

CITIES = one_of("Oslo", "Lima", "Kyoto", "Cairo", "Porto", "Quito", "Leeds", "Turin", "Bergen", "Malmo", "Accra")
STATIONS = one_of(
    "Ashford", "Bristol", "Carlisle", "Durham", "Exeter", "Falmouth", "Grimsby", "Hereford", "Ipswich", "Kendal"
)
BOOKS = one_of(
    "The Glass Harbour",
    "Nine Quiet Rivers",
    "A Lantern for Ada",
    "The Salt Road",
    "Winter Orchard",
    "The Last Cartographer",
    "Letters from Kiruna",
    "The Copper Garden",
    "Seven Tides",
    "A Field of Bells",
)
GARAGES = one_of("North Gate", "Old Mill", "Harbour", "Castle", "Station", "Market", "Riverside", "Opera")
COURSES = one_of("yoga", "boxing", "pilates", "spinning", "rowing", "judo", "zumba", "climbing")
MONEY = one_of("USD", "JPY", "GBP", "CHF", "SEK", "CNY", "CAD", "AUD", "NOK", "INR")

ENGLISH: tuple[Api, ...] = (
    api(
        "City Weather",
        "Weather and air of a city.",
        "Weather",
        Task(
            "getForecast",
            "Get the forecast of a city.",
            {"city": ("The city.", CITIES)},
            {"high": number(2, 38), "rain": number(0, 100)},
            ("What is the forecast for {city}?", "Get the forecast of {city}.", "How will the weather be in {city}?"),
            "In {city} it will be {high} degrees, with a {rain} percent chance of rain.",
        ),
        Task(
            "getAirQuality",
            "Get the air quality of a city.",
            {"city": ("The city.", CITIES)},
            {"index": number(5, 180)},
            ("What is the air quality in {city}?", "Get the air quality of {city}.", "How good is the air in {city}?"),
            "The air quality index in {city} is {index}.",
        ),
        flawed=(
            Episode(  # the agent stopped before it had a last thought
                "What will the weather be like on the moon next week?",
                (Call("getForecast", {"city": "the moon"}, {"error": "no such city"}, status=404),),
                "The agent stopped after too many steps.",
                is_finished=False,
            ),
        ),
    ),
    api(
        "Town Library",
        "Books and loans of the town library.",
        "Books",
        Task(
            "locateBook",
            "Find a book.",
            {"title": ("The title.", BOOKS)},
            {"shelf": code("R", 3), "copies": number(1, 9)},
            ('Where is the book "{title}"?', 'Find the book "{title}".', 'Do you have the book "{title}"?'),
            "{title} stands on shelf {shelf}; {copies} copies are there.",
        ),
        Task(
            "renewLoan",
            "Renew a loan.",
            {"loan": ("The loan number.", code("L", 5))},
            {"due": code("2026-03-1", 1)},
            ("Renew loan {loan}.", "Please renew my loan {loan}.", "Can you renew the loan {loan}?"),
            "Loan {loan} is renewed until {due}.",
            method="post",
        ),
    ),
    api(
        "Regional Trains",
        "Departures and platforms of regional trains.",
        "Transportation",
        Task(
            "nextTrain",
            "Find the next train to a station.",
            {"station": ("The station.", STATIONS)},
            {"train": code("RE", 3), "leaves": clock(6, 22)},
            (
                "When is the next train to {station}?",
                "Find the next train to {station}.",
                "I want to go to {station} by train.",
            ),
            "The next train to {station} is {train}; it leaves at {leaves}.",
        ),
        Task(
            "getPlatform",
            "Get the platform of a train.",
            {"train": ("The train number.", code("RE", 3))},
            {"platform": number(1, 24)},
            (
                "Which platform is train {train} on?",
                "Get the platform of train {train}.",
                "Where does train {train} leave from?",
            ),
            "Train {train} leaves from platform {platform}.",
        ),
    ),
    api(
        "City Parking",
        "Free places and tickets of parking garages.",
        "Transportation",
        Task(
            "getFreePlaces",
            "Get the free places of a garage.",
            {"garage": ("The garage.", GARAGES)},
            {"places": number(3, 480)},
            (
                "How many places are free in the {garage} garage?",
                "Get the free places of the {garage} garage.",
                "Can I park in the {garage} garage?",
            ),
            "The {garage} garage has {places} free places.",
        ),
        Task(
            "payTicket",
            "Pay a parking ticket.",
            {"ticket": ("The ticket number.", code("T", 6))},
            {"paid": number(2, 40)},
            ("Pay parking ticket {ticket}.", "Please pay my ticket {ticket}.", "I want to pay the ticket {ticket}."),
            "Ticket {ticket} is paid: {paid} EUR.",
            method="post",
        ),
    ),
    api(
        "Corner Gym",
        "Classes and members of a gym.",
        "Sports",
        Task(
            "getClassTime",
            "Get the time of a class.",
            {"course": ("The class.", COURSES)},
            {"time": clock(7, 21), "room": number(1, 12)},
            ("When is the {course} class?", "Get the time of the {course} class.", "What time does {course} start?"),
            "The {course} class starts at {time} in room {room}.",
        ),
        Task(
            "freezeMember",
            "Freeze a membership.",
            {"member": ("The member number.", code("M", 4))},
            {"until": code("2026-07-2", 1)},
            (
                "Freeze membership {member}.",
                "Please freeze my membership {member}.",
                "Can you freeze the member {member}?",
            ),
            "Membership {member} is frozen until {until}.",
            method="post",
        ),
    ),
    api(
        "Money Exchange",
        "Rates and orders of an exchange office.",
        "Finance",
        Task(
            "getRate",
            "Get the rate of a currency.",
            {"currency": ("The currency.", MONEY)},
            {"rate": number(2, 990)},
            ("What is the rate of {currency}?", "Get the rate of {currency}.", "How much is {currency} today?"),
            "The rate of {currency} is {rate}.",
        ),
        Task(
            "voidOrder",
            "Cancel an order.",
            {"order": ("The order number.", code("X", 5))},
            {"refund": number(20, 900)},
            ("Cancel order {order}.", "Please cancel my order {order}.", "I want to cancel the order {order}."),
            "Order {order} is cancelled; {refund} EUR go back to you.",
            method="post",
        ),
        flawed=(
            Episode(  # the agent wrote its arguments as prose
                "How many dirhams are forty dollars?",
                (Call("getRate", "currency: dirhams", {"error": "cannot read the request"}, status=400),),
                "I'm sorry, that did not work.",
            ),
        ),
    ),
)
