"""A pharmacy: stock, reservations, delivery (Chinese)."""

from __future__ import annotations

from random import Random

from .layout import Api, Call, Episode, Function, Parameter

MEDICINES = ("板蓝根", "创可贴", "退热贴", "维生素C", "体温计", "碘伏", "润喉糖", "止咳糖浆", "口罩", "棉签")
BRANCHES = ("人民路店", "湖滨店", "大学城店", "东门店", "火车站店", "新区店")
STREETS = ("梧桐路", "建设街", "解放路", "文昌巷", "青云街", "滨河路")


def some_order(r: Random) -> str:
    return f"Y{r.randint(1000, 9999)}"


def in_stock(r: Random) -> Episode:
    medicine, branch, stock, price = r.choice(MEDICINES), r.choice(BRANCHES), r.randint(3, 200), r.randint(4, 99)
    question = r.choice(
        (
            f"{branch}有{medicine}吗？多少钱？",
            f"我想去{branch}买{medicine}，还有货吗？",
            f"查一下{medicine}在{branch}的库存。",
        )
    )
    call = Call(
        "checkStock",
        {"medicine": medicine, "branch": branch},
        {"stock": stock, "price": price},
    )
    reply = f"{branch}的{medicine}有{stock}件，每件{price}元。"
    return Episode(question, (call,), reply)


def reserve(r: Random) -> Episode:
    medicine, branch, count, order = r.choice(MEDICINES), r.choice(BRANCHES), r.randint(1, 9), some_order(r)
    question = r.choice(
        (
            f"请在{branch}给我留{count}件{medicine}。",
            f"预留{medicine}{count}件，我去{branch}取。",
        )
    )
    call = Call(
        "reserveMedicine",
        {"medicine": medicine, "branch": branch, "count": count},
        {"order": order, "hours": 24},
    )
    reply = f"已在{branch}预留{count}件{medicine}，取货号{order}，保留24小时。"
    return Episode(question, (call,), reply)


def reserve_and_send(r: Random) -> Episode:
    medicine, branch, count, order = r.choice(MEDICINES), r.choice(BRANCHES), r.randint(1, 9), some_order(r)
    address, minutes = f"{r.choice(STREETS)}{r.randint(1, 299)}号", r.randint(20, 90)
    book = Call(
        "reserveMedicine",
        {"medicine": medicine, "branch": branch, "count": count},
        {"order": order, "hours": 24},
    )
    send = Call(
        "deliverOrder",
        {"order": order, "address": address},
        {"order": order, "minutes": minutes},
    )
    question = r.choice(
        (
            f"从{branch}订{count}件{medicine}，送到{address}。",
            f"我要{count}件{medicine}，{branch}的，请送到{address}。",
        )
    )
    reply = f"{count}件{medicine}已订好，取货号{order}，大约{minutes}分钟送到{address}。"
    return Episode(question, (book, send), reply)


def too_few(r: Random) -> Episode:
    medicine, branch, count, left = r.choice(MEDICINES), r.choice(BRANCHES), r.randint(20, 90), r.randint(1, 19)
    question = r.choice(
        (
            f"公司要{count}件{medicine}，请在{branch}预留。",
            f"{branch}帮我留{count}件{medicine}。",
        )
    )
    call = Call(
        "reserveMedicine",
        {"medicine": medicine, "branch": branch, "count": count},
        {"error": f"库存只有{left}件"},
        status=409,
    )
    reply = f"{branch}的{medicine}库存只有{left}件，不够{count}件。要先留{left}件吗？"
    return Episode(question, (call,), reply)


PHARMACY = Api(
    name="百草药房",
    description="药房的库存、预留与配送",
    category="Health",
    introduction="百草药房的接口可以查询各分店的库存和价格，预留商品，并安排配送。",
    functions=(
        Function(
            name="checkStock",
            text="查询分店的库存。",
            path="/stock",
            parameters=(
                Parameter("medicine", "string", "商品名。", required=True),
                Parameter("branch", "string", "分店。", required=True, choices=BRANCHES),
            ),
            output="库存件数和单价（元）。",
            answer={"stock": "integer", "price": "integer"},
        ),
        Function(
            name="reserveMedicine",
            text="在分店预留商品。",
            path="/reservations",
            parameters=(
                Parameter("medicine", "string", "商品名。", required=True),
                Parameter("branch", "string", "分店。", required=True, choices=BRANCHES),
                Parameter("count", "integer", "件数。", required=True),
            ),
            output="取货号和保留小时数。",
            answer={"order": "string", "hours": "integer"},
            method="post",
        ),
        Function(
            name="deliverOrder",
            text="把预留的商品送到一个地址。",
            path="/deliveries",
            parameters=(
                Parameter("order", "string", "取货号。", required=True),
                Parameter("address", "string", "地址。", required=True),
            ),
            output="大约多少分钟送到。",
            answer={"order": "string", "minutes": "integer"},
            method="post",
        ),
    ),
    writers=(in_stock, reserve, reserve_and_send, too_few),
)
