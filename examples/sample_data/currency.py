"""Currency exchange: rates and conversions (English)."""

from __future__ import annotations

from random import Random

from .layout import Api, Call, Episode, Function, Parameter

VALUES = {  # roughly, in US dollars; each episode draws its own rate around them
    "EUR": 1.08,
    "USD": 1.0,
    "GBP": 1.27,
    "JPY": 0.0067,
    "CHF": 1.13,
    "NOK": 0.094,
    "BRL": 0.19,
    "CNY": 0.14,
    "PLN": 0.25,
    "ZAR": 0.054,
}
CODES = tuple(VALUES)
MONTHS = ("2022-02", "2022-09", "2023-01", "2023-05", "2023-08", "2023-11", "2024-04")
SLANG = (("bucks", "USD"), ("quid", "GBP"), ("euros", "EUR"), ("yen", "JPY"), ("francs", "CHF"), ("zloty", "PLN"))


def some_rate(r: Random, source: str, target: str) -> float:
    return round(VALUES[source] / VALUES[target] * r.uniform(0.8, 1.2), 4)


def rate(r: Random) -> Episode:
    source, target = r.sample(CODES, 2)
    value = some_rate(r, source, target)
    question = r.choice(
        (
            f"What is the exchange rate from {source} to {target}?",
            f"How many {target} do I get for one {source}?",
            f"{source} to {target}, please. Just the rate.",
        )
    )
    call = Call(
        "getRate",
        {"source": source, "target": target},
        {"source": source, "target": target, "rate": value},
    )
    return Episode(question, (call,), f"One {source} is {value} {target}.")


def conversion(r: Random) -> Episode:
    source, target = r.sample(CODES, 2)
    amount = r.randint(5, 9999)
    result = round(amount * some_rate(r, source, target), 2)
    question = r.choice(
        (
            f"Convert {amount} {source} to {target}.",
            f"I have {amount} {source}. How much is that in {target}?",
            f"How much {target} will I get for {amount} {source}?",
        )
    )
    call = Call(
        "convert",
        {"amount": amount, "source": source, "target": target},
        {"amount": amount, "source": source, "target": target, "result": result},
    )
    return Episode(question, (call,), f"{amount} {source} are {result} {target}.")


def then_and_now(r: Random) -> Episode:
    source, target = r.sample(CODES, 2)
    month, old, new = r.choice(MONTHS), some_rate(r, source, target), some_rate(r, source, target)
    question = r.choice(
        (
            f"Compare the rate from {source} to {target} today with {month}.",
            f"Is {source} worth more {target} now than in {month}?",
        )
    )
    past = Call(
        "getRate",
        {"source": source, "target": target, "month": month},
        {"source": source, "target": target, "rate": old},
    )
    now = Call(
        "getRate",
        {"source": source, "target": target},
        {"source": source, "target": target, "rate": new},
    )
    change = "more" if new > old else "less"
    reply = f"One {source} was {old} {target} in {month} and is {new} today, so it is worth {change} now."
    return Episode(question, (past, now), reply)


def corrected_code(r: Random) -> Episode:
    word, code = r.choice(SLANG)
    target = r.choice([c for c in CODES if c != code])
    amount = r.randint(5, 999)
    result = round(amount * some_rate(r, code, target), 2)
    wrong = Call(
        "convert",
        {"amount": amount, "source": word, "target": target},
        {"error": f"unknown currency '{word}', use a code of three letters"},
        status=400,
    )
    right = Call(
        "convert",
        {"amount": amount, "source": code, "target": target},
        {"amount": amount, "source": code, "target": target, "result": result},
    )
    question = r.choice((f"What are {amount} {word} in {target}?", f"Change {amount} {word} into {target} for me."))
    reply = f"{amount} {word} ({code}) are {result} {target}."
    return Episode(question, (wrong, right), reply)


CURRENCY = Api(
    name="Rate Desk",
    description="Exchange rates and conversions between currencies",
    category="Currency Exchange",
    introduction="Rate Desk keeps the exchange rates of common currencies, today's and those of earlier months, and"
    " converts amounts from one currency to another.",
    functions=(
        Function(
            name="getRate",
            text="Get an exchange rate.",
            path="/rate",
            parameters=(
                Parameter("source", "string", "The code of the currency to sell.", required=True),
                Parameter("target", "string", "The code of the currency to buy.", required=True),
                Parameter("month", "string", "A past month as YYYY-MM; today if left out."),
            ),
            output="How much of the target one unit buys.",
            answer={"source": "string", "target": "string", "rate": "number"},
        ),
        Function(
            name="convert",
            text="Convert an amount.",
            path="/convert",
            parameters=(
                Parameter("amount", "integer", "The amount to convert.", required=True),
                Parameter("source", "string", "The code of the currency to sell.", required=True),
                Parameter("target", "string", "The code of the currency to buy.", required=True),
            ),
            output="The converted amount.",
            answer={"amount": "integer", "source": "string", "target": "string", "result": "number"},
        ),
    ),
    writers=(rate, conversion, then_and_now, corrected_code),
    flawed=(
        Episode(  # the agent wrote its arguments as prose
            "How many dirhams are forty dollars?",
            (
                Call(
                    "convert",
                    "amount: forty, from dollars to dirhams",
                    {"error": "cannot read the request"},
                    status=400,
                ),
            ),
            "I'm sorry, the conversion did not work.",
        ),
    ),
)
