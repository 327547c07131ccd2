"""Train tickets: departures, fares and bookings (Chinese)."""

from __future__ import annotations

from random import Random

from .layout import Api, Call, Episode, Function, Parameter

STATIONS = ("北京", "上海", "南京", "杭州", "武汉", "成都", "西安", "长沙", "厦门", "昆明", "青岛", "郑州")
DAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
SEATS = ("一等座", "二等座", "商务座")


def some_train(r: Random) -> str:
    return f"{r.choice('GDK')}{r.randint(10, 9999)}"


def some_time(r: Random) -> str:
    return f"{r.randint(6, 22):02d}:{r.randint(0, 59):02d}"


def departure(r: Random) -> Episode:
    (origin, target), day = r.sample(STATIONS, 2), r.choice(DAYS)
    train, leaves, hours = some_train(r), some_time(r), r.randint(1, 12)
    question = r.choice(
        (
            f"{day}从{origin}到{target}有什么车？",
            f"我{day}要从{origin}去{target}，帮我查一下车次。",
            f"查{day}{origin}到{target}的火车。",
        )
    )
    call = Call(
        "findTrain",
        {"origin": origin, "target": target, "day": day},
        {"train": train, "leaves": leaves, "hours": hours},
    )
    reply = f"{day}从{origin}到{target}可以坐{train}次，{leaves}发车，全程约{hours}小时。"
    return Episode(question, (call,), reply)


def fare(r: Random) -> Episode:
    train, seat = some_train(r), r.choice(SEATS)
    price, left = r.randint(35, 1800), r.randint(1, 300)
    question = r.choice((f"{train}次的{seat}多少钱？还有票吗？", f"帮我看看{train}的{seat}票价和余票。"))
    call = Call(
        "getFare",
        {"train": train, "seat": seat},
        {"train": train, "seat": seat, "price": price, "left": left},
    )
    return Episode(question, (call,), f"{train}次{seat}票价{price}元，还剩{left}张票。")


def find_and_book(r: Random) -> Episode:
    (origin, target), day, seat = r.sample(STATIONS, 2), r.choice(DAYS), r.choice(SEATS)
    train, leaves, order = some_train(r), some_time(r), f"E{r.randint(100000, 999999)}"
    find = Call(
        "findTrain",
        {"origin": origin, "target": target, "day": day},
        {"train": train, "leaves": leaves, "hours": r.randint(1, 12)},
    )
    book = Call(
        "bookTicket",
        {"train": train, "day": day, "seat": seat},
        {"order": order, "train": train, "seat": seat},
    )
    question = r.choice(
        (
            f"帮我订一张{day}从{origin}到{target}的{seat}。",
            f"{day}我去{target}，从{origin}出发，要{seat}，请直接订票。",
        )
    )
    reply = f"已为您预订{day}{train}次{seat}，{leaves}从{origin}发车，订单号{order}。"
    return Episode(question, (find, book), reply)


def sold_out(r: Random) -> Episode:
    train, day = some_train(r), r.choice(DAYS)
    wanted, other = r.sample(SEATS, 2)
    price, left = r.randint(35, 1800), r.randint(1, 99)
    book = Call(
        "bookTicket",
        {"train": train, "day": day, "seat": wanted},
        {"error": f"{wanted}已售完"},
        status=409,
    )
    look = Call(
        "getFare",
        {"train": train, "seat": other},
        {"train": train, "seat": other, "price": price, "left": left},
    )
    question = r.choice(
        (
            f"订{day}的{train}次，{wanted}；没有的话看看{other}。",
            f"我要{day}{train}次的{wanted}，订不到就查{other}。",
        )
    )
    reply = f"{train}次的{wanted}已售完。{other}还有{left}张，票价{price}元，需要我为您预订吗？"
    return Episode(question, (book, look), reply)


TRAINS = Api(
    name="火车票助手",
    description="查询车次、票价并预订火车票",
    category="Transportation",
    introduction="火车票助手可以查询两座城市之间的车次、各种座位的票价和余票，并预订车票。",
    functions=(
        Function(
            name="findTrain",
            text="查询两地之间的车次。",
            path="/trains",
            parameters=(
                Parameter("origin", "string", "出发城市。", required=True),
                Parameter("target", "string", "到达城市。", required=True),
                Parameter("day", "string", "出发日。", required=True, choices=DAYS),
            ),
            output="车次、发车时间和全程小时数。",
            answer={"train": "string", "leaves": "string", "hours": "integer"},
        ),
        Function(
            name="getFare",
            text="查询票价和余票。",
            path="/fare",
            parameters=(
                Parameter("train", "string", "车次。", required=True),
                Parameter("seat", "string", "座位。", required=True, choices=SEATS),
            ),
            output="票价（元）和剩余张数。",
            answer={"train": "string", "seat": "string", "price": "integer", "left": "integer"},
        ),
        Function(
            name="bookTicket",
            text="预订一张车票。",
            path="/tickets",
            parameters=(
                Parameter("train", "string", "车次。", required=True),
                Parameter("day", "string", "出发日。", required=True, choices=DAYS),
                Parameter("seat", "string", "座位。", required=True, choices=SEATS),
            ),
            output="订单号。",
            answer={"order": "string", "train": "string", "seat": "string"},
            method="post",
        ),
    ),
    writers=(departure, fare, find_and_book, sold_out),
)
