"""Recipes: dishes by ingredient, quantities and cooking times (Chinese)."""

from __future__ import annotations

from random import Random

from .layout import Api, Call, Episode, Function, Parameter

DISHES = {
    "番茄": ("番茄炒蛋", "番茄牛腩", "番茄豆腐汤"),
    "土豆": ("酸辣土豆丝", "土豆烧鸡", "土豆饼"),
    "豆腐": ("麻婆豆腐", "香煎豆腐", "豆腐鱼汤"),
    "茄子": ("鱼香茄子", "蒜泥茄子", "茄子煲"),
    "虾仁": ("虾仁蒸蛋", "龙井虾仁", "虾仁炒饭"),
    "南瓜": ("南瓜粥", "蒸南瓜", "南瓜饼"),
}
ALL_DISHES = tuple(dish for dishes in DISHES.values() for dish in dishes)
SEASONINGS = ("盐", "糖", "生抽", "香醋", "淀粉", "料酒")
LEVELS = ("简单", "中等", "困难")
RARE_DISHES = ("月光炖云朵", "水晶石头汤", "彩虹炒雪花", "三色石子羹", "清蒸影子", "红烧北风")


def by_ingredient(r: Random) -> Episode:
    ingredient, minutes = r.choice(tuple(DISHES)), r.randint(10, 90)
    dish = r.choice(DISHES[ingredient])
    time, level = r.randint(5, minutes), r.choice(LEVELS)
    question = r.choice(
        (
            f"家里有{ingredient}，{minutes}分钟以内能做什么菜？",
            f"我想用{ingredient}做一道菜，最多花{minutes}分钟，推荐一下。",
            f"有没有{minutes}分钟内能做好的{ingredient}菜？",
        )
    )
    call = Call(
        "searchRecipes",
        {"ingredient": ingredient, "minutes": minutes},
        {"dish": dish, "minutes": time, "level": level},
    )
    return Episode(question, (call,), f"可以做{dish}，大约需要{time}分钟，难度{level}。")


def how_much(r: Random) -> Episode:
    dish, people, seasoning = r.choice(ALL_DISHES), r.randint(1, 12), r.choice(SEASONINGS)
    main, grams = r.randint(10, 250) * 10, r.randint(2, 60)
    question = r.choice(
        (
            f"{people}个人吃{dish}，要放多少{seasoning}？",
            f"做{people}人份的{dish}，主料和{seasoning}各要多少克？",
        )
    )
    call = Call(
        "getQuantities",
        {"dish": dish, "people": people},
        {"dish": dish, "people": people, "main": main, "seasoning": seasoning, "grams": grams},
    )
    reply = f"{people}人份的{dish}需要主料{main}克，{seasoning}{grams}克。"
    return Episode(question, (call,), reply)


def choose_and_measure(r: Random) -> Episode:
    ingredient, people = r.choice(tuple(DISHES)), r.randint(2, 12)
    dish, time, level = r.choice(DISHES[ingredient]), r.randint(10, 90), r.choice(LEVELS)
    main, seasoning, grams = r.randint(20, 250) * 10, r.choice(SEASONINGS), r.randint(2, 60)
    search = Call(
        "searchRecipes",
        {"ingredient": ingredient},
        {"dish": dish, "minutes": time, "level": level},
    )
    measure = Call(
        "getQuantities",
        {"dish": dish, "people": people},
        {"dish": dish, "people": people, "main": main, "seasoning": seasoning, "grams": grams},
    )
    question = r.choice(
        (
            f"今晚{people}个人吃饭，想吃{ingredient}，做什么好？要准备多少料？",
            f"推荐一道{ingredient}菜，并告诉我{people}个人的用量。",
        )
    )
    reply = f"推荐{dish}，需要{time}分钟。{people}人份要准备主料{main}克，{seasoning}{grams}克。"
    return Episode(question, (search, measure), reply)


def unknown_dish(r: Random) -> Episode:
    dish, people = r.choice(RARE_DISHES), r.randint(1, 12)
    question = r.choice((f"{dish}怎么配料？我们有{people}个人。", f"请告诉我{people}人份{dish}的用量。"))
    call = Call(
        "getQuantities",
        {"dish": dish, "people": people},
        {"error": f"没有菜谱：{dish}"},
        status=404,
    )
    reply = f"抱歉，菜谱库里没有{dish}。您可以换个菜名，或者告诉我有什么食材，我来推荐。"
    return Episode(question, (call,), reply)


RECIPES = Api(
    name="家常菜谱",
    description="按食材找菜谱，按人数算用量",
    category="Food",
    introduction="家常菜谱收集了常见的家常菜。可以按食材和时间搜索菜谱，也可以按人数计算主料和调料的用量。",
    functions=(
        Function(
            name="searchRecipes",
            text="按食材搜索一道菜。",
            path="/recipes",
            parameters=(
                Parameter("ingredient", "string", "主要食材。", required=True),
                Parameter("minutes", "integer", "最长烹饪时间，单位分钟。"),
            ),
            output="菜名、时间和难度。",
            answer={"dish": "string", "minutes": "integer", "level": "string"},
        ),
        Function(
            name="getQuantities",
            text="按人数查询用量，单位克。",
            path="/quantities",
            parameters=(
                Parameter("dish", "string", "菜名。", required=True),
                Parameter("people", "integer", "人数。", required=True),
            ),
            output="主料和调料的用量。",
            answer={"dish": "string", "people": "integer", "main": "number", "seasoning": "string", "grams": "number"},
        ),
    ),
    writers=(by_ingredient, how_much, choose_and_measure, unknown_dish),
)
