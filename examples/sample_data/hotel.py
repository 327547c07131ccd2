"""A hotel: rooms, bookings, requests to the desk (Chinese)."""

from __future__ import annotations

from random import Random

from .layout import Api, Call, Episode, Function, Parameter

DAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
ROOMS = ("单人间", "双人间", "家庭房", "套房")
ITEMS = ("毛巾", "枕头", "拖鞋", "矿泉水", "熨斗", "婴儿床", "充电器")
NAMES = ("陈晓", "李思远", "王海", "赵琳", "周文", "吴迪", "孙悦", "郑凯")


def some_price(r: Random) -> int:
    return r.randint(18, 120) * 10


def any_room(r: Random) -> Episode:
    day, room, nights, price, left = r.choice(DAYS), r.choice(ROOMS), r.randint(1, 9), some_price(r), r.randint(1, 20)
    question = r.choice(
        (
            f"{day}入住，住{nights}晚，还有{room}吗？",
            f"我{day}到，想订{nights}晚的{room}，多少钱一晚？",
            f"查一下{day}起{nights}晚的{room}。",
        )
    )
    call = Call(
        "findRoom",
        {"day": day, "nights": nights, "room": room},
        {"left": left, "price": price},
    )
    reply = f"{day}起{nights}晚的{room}还有{left}间，每晚{price}元。"
    return Episode(question, (call,), reply)


def bring_items(r: Random) -> Episode:
    number, item, count, minutes = r.randint(201, 1899), r.choice(ITEMS), r.randint(1, 6), r.randint(5, 40)
    question = r.choice(
        (
            f"我住{number}房，请送{count}份{item}过来。",
            f"{number}房间需要{item}，{count}份。",
        )
    )
    call = Call(
        "requestItem",
        {"number": number, "item": item, "count": count},
        {"minutes": minutes},
    )
    reply = f"{count}份{item}将在{minutes}分钟内送到{number}房。"
    return Episode(question, (call,), reply)


def find_and_book(r: Random) -> Episode:
    day, room, nights, name = r.choice(DAYS), r.choice(ROOMS), r.randint(1, 9), r.choice(NAMES)
    price, left, order = some_price(r), r.randint(1, 20), f"H{r.randint(10000, 99999)}"
    find = Call(
        "findRoom",
        {"day": day, "nights": nights, "room": room},
        {"left": left, "price": price},
    )
    book = Call(
        "bookRoom",
        {"day": day, "nights": nights, "room": room, "guest": name},
        {"order": order},
    )
    question = r.choice(
        (
            f"有房的话，{day}起给{name}订{nights}晚{room}。",
            f"{name}{day}入住{nights}晚，要{room}，有就直接订。",
        )
    )
    reply = f"已为{name}订好{day}起{nights}晚的{room}，每晚{price}元，订单号{order}。"
    return Episode(question, (find, book), reply)


def sold_out(r: Random) -> Episode:
    day, room, nights, name = r.choice(DAYS), r.choice(ROOMS), r.randint(1, 9), r.choice(NAMES)
    question = r.choice(
        (
            f"直接订{day}起{nights}晚的{room}，客人叫{name}。",
            f"请为{name}预订{room}，{day}入住，{nights}晚。",
        )
    )
    call = Call(
        "bookRoom",
        {"day": day, "nights": nights, "room": room, "guest": name},
        {"error": f"{room}已订满"},
        status=409,
    )
    reply = f"抱歉，{day}起{nights}晚的{room}已订满，没有为{name}订成。要换一种房间吗？"
    return Episode(question, (call,), reply)


HOTEL = Api(
    name="云栖酒店",
    description="酒店的房间查询、预订和客房服务",
    category="Travel",
    introduction="云栖酒店的接口可以查询空房和房价，预订房间，并请前台把物品送到房间。",
    functions=(
        Function(
            name="findRoom",
            text="查询空房和房价。",
            path="/rooms",
            parameters=(
                Parameter("day", "string", "入住日。", required=True, choices=DAYS),
                Parameter("nights", "integer", "住几晚。", required=True),
                Parameter("room", "string", "房型。", required=True, choices=ROOMS),
            ),
            output="剩余间数和每晚价格（元）。",
            answer={"left": "integer", "price": "integer"},
        ),
        Function(
            name="bookRoom",
            text="预订房间。",
            path="/bookings",
            parameters=(
                Parameter("day", "string", "入住日。", required=True, choices=DAYS),
                Parameter("nights", "integer", "住几晚。", required=True),
                Parameter("room", "string", "房型。", required=True, choices=ROOMS),
                Parameter("guest", "string", "客人姓名。", required=True),
            ),
            output="订单号。",
            answer={"order": "string"},
            method="post",
        ),
        Function(
            name="requestItem",
            text="请前台送物品到房间。",
            path="/requests",
            parameters=(
                Parameter("number", "integer", "房间号。", required=True),
                Parameter("item", "string", "物品。", required=True),
                Parameter("count", "integer", "几份。", required=True),
            ),
            output="多少分钟内送到。",
            answer={"minutes": "integer"},
            method="post",
        ),
    ),
    writers=(any_room, bring_items, find_and_book, sold_out),
)
