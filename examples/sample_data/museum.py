"""A museum: exhibits, opening hours and visits (Chinese)."""

from __future__ import annotations

from random import Random

from .layout import Api, Call, Episode, Function, Parameter

EXHIBITS = ("青铜马车", "白瓷花瓶", "古琴", "木雕屏风", "丝绸长袍", "石刻佛像", "航海罗盘", "竹简", "玉璧", "铜镜")
ERAS = ("商代", "汉代", "唐代", "宋代", "元代", "明代", "清代")
LANGUAGES = ("中文", "英文", "法文", "日文")
DAYS = ("周二", "周三", "周四", "周五", "周六", "周日")


def where_is_exhibit(r: Random) -> Episode:
    exhibit, era, floor = r.choice(EXHIBITS), r.choice(ERAS), r.randint(1, 5)
    room = floor * 100 + r.randint(1, 40)
    question = r.choice(
        (
            f"{exhibit}在几楼？",
            f"我想看{exhibit}，应该去哪个展厅？",
            f"请问{exhibit}是什么年代的，放在哪里？",
        )
    )
    call = Call(
        "findExhibit",
        {"exhibit": exhibit},
        {"exhibit": exhibit, "era": era, "floor": floor, "room": room},
    )
    return Episode(question, (call,), f"{exhibit}是{era}的文物，在{floor}楼{room}展厅。")


def hours(r: Random) -> Episode:
    day, opens, closes, price = r.choice(DAYS), r.randint(8, 10), r.randint(16, 21), r.randint(0, 16) * 5
    question = r.choice((f"{day}博物馆几点开门、几点关门？门票多少？", f"我{day}来参观，开放时间和票价是多少？"))
    call = Call(
        "getHours",
        {"day": day},
        {"day": day, "opens": f"{opens}:00", "closes": f"{closes}:30", "price": price},
    )
    ticket = f"门票{price}元" if price else "门票免费"
    reply = f"{day}{opens}:00开门，{closes}:30关门，{ticket}。"
    return Episode(question, (call,), reply)


def guided_tour(r: Random) -> Episode:
    day, language, people = r.choice(DAYS), r.choice(LANGUAGES), r.randint(1, 30)
    time, code = f"{r.randint(9, 16)}:{r.choice(('00', '15', '30', '45'))}", f"V{r.randint(10000, 99999)}"
    question = r.choice(
        (
            f"{day}我们{people}个人参观，想预约{language}讲解。",
            f"请预约{day}的{language}讲解，一共{people}人。",
        )
    )
    call = Call(
        "bookTour",
        {"day": day, "people": people, "language": language},
        {"code": code, "time": time},
    )
    reply = f"已预约{day}{time}的{language}讲解，共{people}人，预约号{code}。"
    return Episode(question, (call,), reply)


def other_language(r: Random) -> Episode:
    day, people = r.choice(DAYS), r.randint(1, 30)
    wanted, other = r.sample(LANGUAGES, 2)
    time, code = f"{r.randint(9, 16)}:{r.choice(('00', '15', '30', '45'))}", f"V{r.randint(10000, 99999)}"
    refused = Call(
        "bookTour",
        {"day": day, "people": people, "language": wanted},
        {"error": f"{day}没有{wanted}讲解"},
        status=409,
    )
    booked = Call(
        "bookTour",
        {"day": day, "people": people, "language": other},
        {"code": code, "time": time},
    )
    question = r.choice(
        (
            f"{day}{people}个人，预约{wanted}讲解，没有的话{other}也行。",
            f"想约{day}的{wanted}讲解，{people}人；如果约不到就改{other}。",
        )
    )
    reply = f"{day}没有{wanted}讲解，已改约{time}的{other}讲解，共{people}人，预约号{code}。"
    return Episode(question, (refused, booked), reply)


MUSEUM = Api(
    name="城市博物馆",
    description="博物馆的展品、开放时间与讲解预约",
    category="Culture",
    introduction="城市博物馆的接口提供展品位置、开放时间和票价，也可以预约不同语言的讲解。周一闭馆。",
    functions=(
        Function(
            name="findExhibit",
            text="查询展品的年代和位置。",
            path="/exhibits",
            parameters=(Parameter("exhibit", "string", "展品名称。", required=True),),
            output="年代、楼层和展厅。",
            answer={"exhibit": "string", "era": "string", "floor": "integer", "room": "integer"},
        ),
        Function(
            name="getHours",
            text="查询开放时间和票价。",
            path="/hours",
            parameters=(Parameter("day", "string", "参观日。", required=True, choices=DAYS),),
            output="开门、关门时间和票价（元）。",
            answer={"day": "string", "opens": "string", "closes": "string", "price": "integer"},
        ),
        Function(
            name="bookTour",
            text="预约讲解。",
            path="/tours",
            parameters=(
                Parameter("day", "string", "参观日。", required=True, choices=DAYS),
                Parameter("people", "integer", "人数，最多30人。", required=True),
                Parameter("language", "string", "讲解语言。", required=True, choices=LANGUAGES),
            ),
            output="预约号和时间。",
            answer={"code": "string", "time": "string"},
            method="post",
        ),
    ),
    writers=(where_is_exhibit, hours, guided_tour, other_language),
)
