"""A gym: courses, places in them, and the price of a membership (English)."""

from __future__ import annotations

from random import Random

from .layout import Api, Call, Episode, Function, Parameter

SPORTS = ("yoga", "spinning", "boxing", "pilates", "swimming", "climbing", "rowing", "fencing")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
COACHES = ("Amara", "Bruno", "Celia", "Dmitri", "Esther", "Farid", "Greta", "Hideo")
TARIFFS = ("student", "standard", "family")


def some_course(r: Random) -> str:
    return f"C{r.randint(100, 999)}"


def some_hour(r: Random) -> str:
    return f"{r.randint(7, 20)}:{r.choice(('00', '15', '30', '45'))}"


def when_is_it(r: Random) -> Episode:
    sport, day, course, hour, coach = r.choice(SPORTS), r.choice(DAYS), some_course(r), some_hour(r), r.choice(COACHES)
    question = r.choice(
        (
            f"Is there a {sport} course on {day}?",
            f"I'd like to try {sport}. What do you have on {day}?",
            f"When does {sport} start on {day}, and who teaches it?",
        )
    )
    call = Call(
        "findCourse",
        {"sport": sport, "day": day},
        {"course": course, "start": hour, "coach": coach},
    )
    reply = f"On {day}, {sport} is course {course}: it starts at {hour} with {coach}."
    return Episode(question, (call,), reply)


def what_it_costs(r: Random) -> Episode:
    tariff, months, price = r.choice(TARIFFS), r.randint(1, 24), r.randint(19, 79)
    question = r.choice(
        (
            f"How much is a {tariff} membership for {months} months?",
            f"What would I pay for {months} months on the {tariff} tariff?",
        )
    )
    call = Call(
        "getMembershipPrice",
        {"tariff": tariff, "months": months},
        {"monthly": price, "currency": "EUR"},
    )
    reply = f"The {tariff} membership for {months} months costs {price} EUR a month."
    return Episode(question, (call,), reply)


def find_and_join(r: Random) -> Episode:
    sport, day, course, hour, coach = r.choice(SPORTS), r.choice(DAYS), some_course(r), some_hour(r), r.choice(COACHES)
    people, code = r.randint(1, 5), r.randint(10000, 99999)
    who = "1 person" if people == 1 else f"{people} people"
    question = r.choice(
        (
            f"Please sign {who} up for {sport} on {day}.",
            f"Book {sport} on {day} for {who}, whatever the time.",
        )
    )
    find = Call(
        "findCourse",
        {"sport": sport, "day": day},
        {"course": course, "start": hour, "coach": coach},
    )
    join = Call(
        "joinCourse",
        {"course": course, "people": people},
        {"course": course, "code": code},
    )
    reply = f"Done: {sport} on {day} at {hour}, course {course}, {who}. The entry code is {code}."
    return Episode(question, (find, join), reply)


def course_is_full(r: Random) -> Episode:
    course, people, left = some_course(r), r.randint(4, 12), r.randint(1, 3)
    question = r.choice(
        (f"Are there {people} places for us in {course}? Book them.", f"Sign {people} people up for course {course}.")
    )
    call = Call(
        "joinCourse",
        {"course": course, "people": people},
        {"error": f"places left: {left}"},
        status=409,
    )
    reply = f"Course {course} cannot take {people} people: there are only {left} places left."
    return Episode(question, (call,), reply)


GYM = Api(
    name="Harbour Gym",
    description="Courses and memberships of a gym",
    category="Sports",
    introduction="Harbour Gym lists its courses by sport and day, signs people up for them, and tells what a"
    " membership costs.",
    functions=(
        Function(
            name="findCourse",
            text="Find the course of a sport.",
            path="/courses",
            parameters=(
                Parameter("sport", "string", "The sport.", required=True),
                Parameter("day", "string", "The day of the week.", required=True, choices=DAYS),
            ),
            output="The course, its start and its coach.",
            answer={"course": "string", "start": "string", "coach": "string"},
        ),
        Function(
            name="joinCourse",
            text="Sign people up for a course.",
            path="/courses/places",
            parameters=(
                Parameter("course", "string", "The course: C and three digits.", required=True),
                Parameter("people", "integer", "How many people.", required=True),
            ),
            output="The entry code.",
            answer={"course": "string", "code": "integer"},
            method="post",
        ),
        Function(
            name="getMembershipPrice",
            text="Get the price of a membership.",
            path="/prices",
            parameters=(
                Parameter("tariff", "string", "The tariff.", required=True, choices=TARIFFS),
                Parameter("months", "integer", "For how many months.", required=True),
            ),
            output="The price of a month.",
            answer={"monthly": "integer", "currency": "string"},
        ),
    ),
    writers=(when_is_it, what_it_costs, find_and_join, course_is_full),
)
