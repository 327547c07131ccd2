"""A cinema: showings and seats (Chinese)."""

from __future__ import annotations

from random import Random

from .layout import Api, Call, Episode, Function, Parameter

FILMS = ("海边的灯塔", "第七个邮差", "雪夜来客", "云上咖啡馆", "老街的钟声", "蓝色风筝", "山那边的信", "长夜列车")
DAYS = ("今天", "明天", "后天")
PREFERENCES = ("靠前", "中间", "靠后", "靠过道")


def some_showing(r: Random) -> dict[str, object]:
    return {"showing": f"S{r.randint(1000, 9999)}", "time": f"{r.randint(10, 22)}:{r.randint(0, 11) * 5:02d}"}


def when_shown(r: Random) -> Episode:
    film, day, hall, price = r.choice(FILMS), r.choice(DAYS), r.randint(1, 12), r.randint(25, 95)
    showing = {**some_showing(r), "hall": hall, "price": price}
    question = r.choice(
        (
            f"《{film}》{day}几点放映？",
            f"{day}想看《{film}》，有哪一场？",
            f"{day}有《{film}》吗？票价多少？",
        )
    )
    call = Call("findShowing", {"film": film, "day": day}, showing)
    reply = f"《{film}》{day}{showing['time']}在{hall}号厅放映，票价{price}元。"
    return Episode(question, (call,), reply)


def reserve(r: Random) -> Episode:
    showing, people, where = f"S{r.randint(1000, 9999)}", r.randint(1, 6), r.choice(PREFERENCES)
    row, code = r.randint(1, 20), r.randint(100000, 999999)
    question = r.choice(
        (
            f"请给场次{showing}订{people}个{where}的座位。",
            f"{showing}这一场，我要{people}张票，座位{where}。",
        )
    )
    call = Call(
        "reserveSeats",
        {"showing": showing, "people": people, "where": where},
        {"showing": showing, "row": row, "code": code},
    )
    reply = f"已订好场次{showing}第{row}排的{people}个座位，取票码是{code}。"
    return Episode(question, (call,), reply)


def find_and_reserve(r: Random) -> Episode:
    film, day, people, where = r.choice(FILMS), r.choice(DAYS), r.randint(1, 6), r.choice(PREFERENCES)
    showing = {**some_showing(r), "hall": r.randint(1, 12), "price": r.randint(25, 95)}
    row, code = r.randint(1, 20), r.randint(100000, 999999)
    find = Call("findShowing", {"film": film, "day": day}, showing)
    book = Call(
        "reserveSeats",
        {"showing": showing["showing"], "people": people, "where": where},
        {"showing": showing["showing"], "row": row, "code": code},
    )
    question = r.choice(
        (
            f"{day}我们{people}个人看《{film}》，座位{where}，帮我订票。",
            f"订{people}张{day}《{film}》的票，要{where}的座位。",
        )
    )
    reply = f"订好了：{day}{showing['time']}的《{film}》，第{row}排{people}个座位，取票码{code}。"
    return Episode(question, (find, book), reply)


def too_many(r: Random) -> Episode:
    showing, people, where = f"S{r.randint(1000, 9999)}", r.randint(12, 60), r.choice(PREFERENCES)
    left = r.randint(1, 11)
    question = r.choice(
        (
            f"我们单位{people}个人想看{showing}这一场，座位{where}，能订吗？",
            f"场次{showing}订{people}个{where}的座位。",
        )
    )
    call = Call(
        "reserveSeats",
        {"showing": showing, "people": people, "where": where},
        {"error": f"只剩{left}个座位"},
        status=409,
    )
    reply = f"场次{showing}只剩{left}个座位，不够{people}个人。要不要换一场？"
    return Episode(question, (call,), reply)


CINEMA = Api(
    name="星光影院",
    description="影院的场次查询与订座",
    category="Entertainment",
    introduction="星光影院的接口可以查询影片三天之内的场次和票价，并按喜好预订座位。",
    functions=(
        Function(
            name="findShowing",
            text="查询一部影片的场次。",
            path="/showings",
            parameters=(
                Parameter("film", "string", "片名。", required=True),
                Parameter("day", "string", "日期。", required=True, choices=DAYS),
            ),
            output="场次号、时间、影厅和票价（元）。",
            answer={"showing": "string", "time": "string", "hall": "integer", "price": "integer"},
        ),
        Function(
            name="reserveSeats",
            text="预订座位。",
            path="/seats",
            parameters=(
                Parameter("showing", "string", "场次号。", required=True),
                Parameter("people", "integer", "人数。", required=True),
                Parameter("where", "string", "座位喜好。", choices=PREFERENCES),
            ),
            output="排号和取票码。",
            answer={"showing": "string", "row": "integer", "code": "integer"},
            method="post",
        ),
    ),
    writers=(when_shown, reserve, find_and_reserve, too_many),
    flawed=(
        Episode(  # no last thought: the agent was stopped
            "帮我看看星际航班的座位。",
            (
                Call(
                    "findShowing",
                    {"film": "星际航班", "day": "今天"},
                    {"error": "没有这部影片"},
                    status=404,
                ),
            ),
            "步骤过多，已停止。",
            is_finished=False,
        ),
    ),
)
