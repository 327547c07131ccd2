"""A town library: where copies of a book stand, loans and renewals (English)."""

from __future__ import annotations

from random import Random

from .layout import Api, Call, Episode, Function, Parameter

BOOKS = (
    ("Moby-Dick", "Herman Melville"),
    ("Middlemarch", "George Eliot"),
    ("Dracula", "Bram Stoker"),
    ("Emma", "Jane Austen"),
    ("The Time Machine", "H. G. Wells"),
    ("Walden", "Henry David Thoreau"),
    ("Little Women", "Louisa May Alcott"),
    ("Kidnapped", "Robert Louis Stevenson"),
    ("Jane Eyre", "Charlotte Brontë"),
    ("The Moonstone", "Wilkie Collins"),
)
BRANCHES = ("Harbour Street", "Old Mill", "Northgate", "Castle Hill", "Riverside")
MONTHS = ("January", "March", "April", "June", "August", "September", "November")
REASONS = ("another reader has reserved the book", "the book was renewed twice before", "the card has expired")


def some_date(r: Random) -> str:
    return f"{r.randint(1, 28)} {r.choice(MONTHS)}"


def where_to_borrow(r: Random) -> Episode:
    title, author = r.choice(BOOKS)
    shelf, branch, copies = f"{r.choice('ABCDEFG')}{r.randint(10, 99)}", r.choice(BRANCHES), r.randint(1, 9)
    question = r.choice(
        (
            f"Does the library have {title}? I'd like to pick it up at {branch}.",
            f"Can I borrow {title} by {author} at the {branch} branch?",
            f"Which shelf is {title} on at {branch}?",
        )
    )
    call = Call(
        "findBook",
        {"title": title, "branch": branch},
        {"title": title, "author": author, "branch": branch, "shelf": shelf, "copies": copies},
    )
    number = "1 copy" if copies == 1 else f"{copies} copies"
    reply = f"Yes, {branch} has {number} of {title} by {author}, on shelf {shelf}."
    return Episode(question, (call,), reply)


def not_in_this_branch(r: Random) -> Episode:
    title, author = r.choice(BOOKS)
    wanted, other = r.sample(BRANCHES, 2)
    shelf, copies = f"{r.choice('ABCDEFG')}{r.randint(10, 99)}", r.randint(2, 9)
    missing = Call(
        "findBook",
        {"title": title, "branch": wanted},
        {"error": f"no copy at {wanted}"},
        status=404,
    )
    found = Call(
        "findBook",
        {"title": title},
        {"title": title, "author": author, "branch": other, "shelf": shelf, "copies": copies},
    )
    question = r.choice(
        (
            f"I want to read {title}. Is it at {wanted}, or else anywhere?",
            f"Please find me a copy of {title}, best at {wanted}.",
        )
    )
    reply = f"{wanted} has no copy of {title}, but {other} has {copies}, on shelf {shelf}."
    return Episode(question, (missing, found), reply)


def renewal(r: Random) -> Episode:
    loan, due = f"L{r.randint(10000, 99999)}", some_date(r)
    question = r.choice(
        (
            f"Please renew my loan {loan}.",
            f"I need more time for loan {loan}. Can you extend it?",
            f"Extend {loan} for me and tell me the new date.",
        )
    )
    call = Call(
        "renewLoan",
        {"loan": loan},
        {"loan": loan, "renewed": True, "due": due},
    )
    return Episode(question, (call,), f"Done. Loan {loan} is renewed and now due on {due}.")


def refused_renewal(r: Random) -> Episode:
    loan, reason, due = f"L{r.randint(10000, 99999)}", r.choice(REASONS), some_date(r)
    question = r.choice(
        (f"Could you renew loan {loan} once more?", f"I'm not finished with {loan} yet, please renew it.")
    )
    refused = Call("renewLoan", {"loan": loan}, {"error": reason}, status=409)
    lookup = Call(
        "getLoan",
        {"loan": loan},
        {"loan": loan, "title": r.choice(BOOKS)[0], "due": due},
    )
    reply = f"Loan {loan} cannot be renewed because {reason}. Please bring the book back by {due}."
    return Episode(question, (refused, lookup), reply)


def due_date(r: Random) -> Episode:
    loan, title, due = f"L{r.randint(10000, 99999)}", r.choice(BOOKS)[0], some_date(r)
    question = r.choice((f"When do I have to return loan {loan}?", f"Which book is loan {loan}, and when is it due?"))
    call = Call("getLoan", {"loan": loan}, {"loan": loan, "title": title, "due": due})
    return Episode(question, (call,), f"Loan {loan} is {title}, due on {due}.")


LIBRARY = Api(
    name="Town Library",
    description="Catalogue and loans of a town library with five branches",
    category="Books",
    introduction="The Town Library API searches the catalogue of five branches and manages loans: it finds a book and"
    " its shelf, shows when a loan is due and renews it.",
    functions=(
        Function(
            name="findBook",
            text="Find a copy of a book.",
            path="/books",
            parameters=(
                Parameter("title", "string", "The title of the book.", required=True),
                Parameter("branch", "string", "The branch to search; all branches if left out.", choices=BRANCHES),
            ),
            output="The branch and shelf of the book.",
            answer={"title": "string", "author": "string", "branch": "string", "shelf": "string", "copies": "integer"},
        ),
        Function(
            name="getLoan",
            text="Show a loan.",
            path="/loans",
            parameters=(Parameter("loan", "string", "The loan number, L and five digits.", required=True),),
            output="The book and the date it is due.",
            answer={"loan": "string", "title": "string", "due": "string"},
        ),
        Function(
            name="renewLoan",
            text="Renew a loan.",
            path="/loans/renew",
            parameters=(Parameter("loan", "string", "The loan number, L and five digits.", required=True),),
            output="The new due date.",
            answer={"loan": "string", "renewed": "boolean", "due": "string"},
            method="post",
        ),
    ),
    writers=(where_to_borrow, not_in_this_branch, renewal, refused_renewal, due_date),
)
