"""Word problems put together from who, what, how many and which question; for training alone.

The stories of the tables (``interpreter_problems``) have fixed words, and those kept for held-out tasks are not among
the parts here. Read by ``interpreter_episodes``.
"""

from __future__ import annotations

import random

from scripts.glmkit_mini.interpreter_compositions import sentence
from scripts.glmkit_mini.interpreter_kinds import Kind, Task, make_task
from scripts.glmkit_mini.interpreter_values import Language

LESS = (
    "gives away#eats#loses#uses#drops#donates#throws away#spends#sends off#breaks",
    "送出#吃掉#弄丢#用掉#捐出#扔掉#送给朋友#借出#打碎#拿走",
)
MORE = (
    "buys#gets#finds#receives#wins#picks#collects#makes#is given",
    "买来#得到#找到#收到#赢得#摘来#收集#做了#拿到",
)
HOLDERS = (
    "box boxes#bag bags#basket baskets#crate crates#shelf shelves#table tables#pack packs#jar jars#drawer drawers#tray trays",
    "盒#袋#篮#箱#层#排#包#罐#抽屉#盘",
)
PLACES = (
    "in the kitchen#in the shop#on the table#in the garden#at home#in the box#in the car#at school#on the shelf",
    "厨房里#商店里#桌子上#花园里#家里#盒子里#车里#学校里#架子上",
)


def _one(rng: random.Random, words: tuple[str, str], language: Language) -> str:
    return rng.choice(words[language == "zh"].split("#"))


def left_over(rng: random.Random, language: Language) -> Kind:
    """Some are there, some go: what is left."""
    deed = _one(rng, LESS, language)
    if language == "zh":
        begin = rng.choice(("$n有$a个$t", "$n一共有$a个$t", "$n手里有$a个$t", "$n带了$a个$t", "$n买了$a个$t"))
        middle = rng.choice((f"，{deed}了$b个", f"，{deed}$b个", f"，后来{deed}了$b个", f"。$n{deed}了其中的$b个"))
        ends = (
            "，还剩多少个？",
            "，还剩几个？",
            "，还剩多少$t？",
            "，现在有几个$t？",
            "，剩下多少个？",
            "，还有多少个$t？",
        )
        return _story(begin + middle + rng.choice(ends), "print($a - $b)", "还剩$result个$t。")
    begin = rng.choice(("$n has $a $t", "$n had $a $t", "$n bought $a $t", "$n owns $a $t", "$n starts with $a $t"))
    middle = rng.choice(
        (f" and {deed} $b.", f" and {deed} $b of them.", f". $n {deed} $b of the $t.", f", then {deed} $b.")
    )
    if rng.random() < 0.25:
        place = _one(rng, PLACES, language)
        begin = f"There are $a $t {place}"
        middle = rng.choice(
            (". $n takes $b.", ". $b are sold.", ", and $b are taken away.", f". $n {deed} $b of them.")
        )
    ends = (
        "How many are left?", "How many $t are left?", "How many $t remain?", "How many $t does $n still have?",
        "What is left?", "How many does $n have now?", "How many $t are still there?",
    )  # fmt: skip
    return _story(f"{begin}{middle} {rng.choice(ends)}", "print($a - $b)", "$result $t are left.")


def together(rng: random.Random, language: Language) -> Kind:
    """Some are there, more come: how many in all."""
    deed = _one(rng, MORE, language)
    place, other = rng.sample(PLACES[language == "zh"].split("#"), 2)
    if language == "zh":
        starts = (
            f"$n有$a个$t，又{deed}$b个", f"$n原来有$a个$t，后来{deed}$b个", f"$n{deed}$a个$t，朋友又给了$b个",
            f"{place}有$a个$t，{other}有$b个", f"$n第一天{deed}$a个$t，第二天{deed}$b个",
        )  # fmt: skip
        ends = ("，一共有多少个？", "，现在有几个$t？", "，总共有多少个$t？", "，加起来是多少个？", "，合计多少个$t？")
        return _story(rng.choice(starts) + rng.choice(ends), "print($a + $b)", "一共有$result个$t。")
    starts = (
        f"$n has $a $t and {deed} $b more.", f"$n has $a $t. Then $n {deed} another $b.", f"$n {deed} $a $t, then $b more $t.",
        f"There are $a $t {place} and $b $t {other}.", f"$n {deed} $a $t on Monday and $b on Tuesday.",
        "$n has $a $t, and a friend has $b.",
    )  # fmt: skip
    ends = (
        "How many $t are there in total?", "How many is that altogether?", "How many $t are there now?",
        "What is the total number of $t?", "How many $t are there in all?", "How many are there together?",
    )  # fmt: skip
    return _story(f"{rng.choice(starts)} {rng.choice(ends)}", "print($a + $b)", "There are $result $t in total.")


def in_holders(rng: random.Random, language: Language) -> Kind:
    """So many in each of so many: how many; sometimes some more or less of them."""
    code, tail = "print($a * $b)", ""
    if rng.random() < 0.4:
        code = "print($a * $b - $c)" if rng.random() < 0.6 else "print($a * $b + $c)"
    if language == "zh":
        holder = _one(rng, HOLDERS, language)
        starts = (
            f"有$a{holder}$t，每{holder}$b个", f"$n有$a{holder}$t，每{holder}有$b个", f"每{holder}有$b个$t，一共$a{holder}",
            f"$n买来$a{holder}$t，每{holder}装$b个", f"仓库里有$a{holder}$t，每{holder}里有$b个$t",
        )  # fmt: skip
        if code.endswith("- $c)"):
            tail = f"，{_one(rng, LESS, language)}了$c个"
        elif code.endswith("+ $c)"):
            tail = rng.choice(("，另外还有$c个", "，又加了$c个"))
        ends = (
            ("，还剩多少个？", "，还有几个？", "，剩下多少个$t？")
            if "- $c" in code
            else ("，一共有多少个？", "，总共有几个$t？", "，共有多少个$t？")
        )
        end = rng.choice(ends)
        return _story(
            rng.choice(starts) + tail + end, code, "还剩$result个$t。" if "- $c" in code else "一共有$result个$t。"
        )
    one, many = _one(rng, HOLDERS, language).split()
    starts = (
        f"There are $a {many} with $b $t in each.", f"$n has $a {many} with $b $t each.", f"Each {one} has $b $t, and there are $a {many}.",
        f"$n fills $a {many} with $b $t each.", f"A shop has $a {many}. Every {one} has $b $t.", f"There are $a {many} of $b $t.",
    )  # fmt: skip
    if "- $c" in code:
        tail = rng.choice((f" $n {_one(rng, LESS, language)} $c.", " $c of them are sold.", " $c are lost."))
        ends = (
            "How many are left?",
            "How many $t remain?",
            "How many $t are left over?",
            "How many $t are still there?",
        )
        return _story(f"{rng.choice(starts)}{tail} {rng.choice(ends)}", code, "$result $t are left.")
    if "+ $c" in code:
        tail = rng.choice((" There are $c more.", " $n adds $c.", " $n gets $c more."))
    ends = (
        "How many $t are there?",
        "How many $t is that?",
        "How many $t are there in all?",
        "What is the total of $t?",
        "How many are there?",
    )
    return _story(f"{rng.choice(starts)}{tail} {rng.choice(ends)}", code, "There are $result $t.")


def priced(rng: random.Random, language: Language) -> Kind:
    """What so many cost, what one costs, or what is given back."""
    which = rng.choice(("price", "change", "one"))
    code = {
        "price": "print(round($p * $b, 2))",
        "change": "print(round($m - $p * $b, 2))",
        "one": "print(round($m / $b, 2))",
    }[which]
    if language == "zh":
        asked = {
            "price": ("一个$t要$p元，$n买$b个，要花多少钱？", "$t$p元一个，$b个要多少元？", "$n买了$b个$t，每个$p元，总共多少钱？", "$b个$t，单价$p元，总价多少？"),
            "change": ("$n用$m元买$b个$t，每个$p元，应找回多少钱？", "$t每个$p元，$n买了$b个，付了$m元，找多少？"),
            "one": ("$b个$t一共$m元，每个多少钱？", "$n花$m元买了$b个$t，一个多少钱？", "$b个$t卖$m元，单价是多少？"),
        }[which]  # fmt: skip
        said = {"price": "一共$result元。", "change": "应找回$result元。", "one": "每个$result元。"}[which]
        return _story(rng.choice(asked), code, said)
    unit = rng.choice(("euros", "dollars", "pounds", "yuan"))
    asked = {
        "price": (
            f"$n buys $b $t for $p {unit} each. How much does $n pay?", f"$t are $p {unit} each. What do $b of them cost?",
            f"The price of one of the $t is $p {unit}. How much are $b?", f"What do I pay for $b $t if each costs $p {unit}?",
            "How much do $b $t cost at $p each?", "I need $b $t at $p each. How much is that?",
        ),
        "change": (
            f"$n buys $b $t at $p {unit} each and pays with $m {unit}. How much change is given?",
            f"I have $m {unit} and buy $b $t for $p each. How much money is left?",
        ),
        "one": (
            f"$b $t cost $m {unit}. What does one cost?", f"$n pays $m {unit} for $b $t. What is the price of each?",
            f"If $b $t are $m {unit}, how much is one of them?",
        ),
    }[which]  # fmt: skip
    said = {"price": "The price is $result.", "change": "The change is $result.", "one": "One costs $result."}[which]
    return _story(rng.choice(asked), code, said)


def shared(rng: random.Random, language: Language) -> Kind:
    """So many shared by so many."""
    code = "print($m // $b, $m % $b)"
    if language == "zh":
        asked = (
            "$m个$t平均分给$b个小朋友，每人几个，剩几个？", "$n有$m个$t，分给$b个同学，每人多少个，还余多少？",
            "把$m个$t装进$b个盒子，每盒几个，多出几个？", "$b个人平分$m个$t，每人分到几个，还剩几个？",
        )  # fmt: skip
        return _story(rng.choice(asked), code, "每份和余数：$result。")
    asked = (
        "$m $t are shared equally by $b people. How many does each get, and how many are left?",
        "$n divides $m $t among $b friends. How many $t does each get, and what is left?",
        "Put $m $t into $b boxes equally: how many in each, and how many left over?",
        "$m $t for $b children: how many for each child, and how many remain?",
    )
    return _story(rng.choice(asked), code, "Each share and the rest: $result.")


def journey(rng: random.Random, language: Language) -> Kind:
    """Distance, speed or time."""
    which = rng.choice(("distance", "speed", "time"))
    code = {"distance": "print($s * $b)", "speed": "print(round($m / $b, 2))", "time": "print(round($m / $s, 2))"}[
        which
    ]
    who_zh = rng.choice(("一辆汽车", "一列火车", "$n", "一辆自行车", "一艘船"))
    who = rng.choice(("a car", "a train", "$n", "a bus", "a ship", "a bike"))
    if language == "zh":
        asked = {
            "distance": (f"{who_zh}每小时走$s公里，$b小时走多少公里？", f"{who_zh}的速度是每小时$s公里，$b小时后走了多远？"),
            "speed": (f"{who_zh}$b小时走了$m公里，每小时走多少公里？", f"{who_zh}用$b小时走完$m公里，速度是多少？", f"走$m公里用$b小时，求{who_zh}的速度。"),
            "time": (f"{who_zh}每小时走$s公里，走$m公里要几小时？", f"{who_zh}时速$s公里，走$m公里需要多久？"),
        }[which]  # fmt: skip
        said = {
            "distance": "路程是$result公里。",
            "speed": "平均速度是每小时$result公里。",
            "time": "需要$result小时。",
        }[which]
        return _story(rng.choice(asked), code, said)
    asked = {
        "distance": (f"{who} goes $s km in an hour. How far does it get in $b hours?", f"how far does {who} travel in $b hours at $s km/h?",
                     f"{who} travels at a speed of $s km/h. What is the distance after $b hours?", f"at $s km/h, how far does {who} go in $b hours?"),
        "speed": (f"{who} needs $b hours for $m km. How fast is that?", f"{who} travels $m kilometres in $b hours. Find the average speed.",
                  f"$m km took {who} $b hours. What was the speed?"),
        "time": (f"{who} goes $s km/h. How many hours does it need for $m km?", f"how long does {who} need for $m km at $s km/h?"),
    }[which]  # fmt: skip
    said = {
        "distance": "The distance is $result km.",
        "speed": "The average speed is $result km/h.",
        "time": "It takes $result hours.",
    }[which]
    return _story(rng.choice(asked), code, said)


_SPECS = {
    "n": "name", "t": "thing", "a": "int 5 99", "b": "int 2 40", "c": "int 2 9", "p": "dec 1 30", "m": "int 50 999", "s": "int 10 120",
}  # fmt: skip


def _story(question: str, code: str, said: str) -> Kind:
    used = {name: spec for name, spec in _SPECS.items() if f"${name}" in question + code + said}
    if code == "print($a - $b)":
        used |= {"a": "int 41 999"}
    question = sentence(question)
    return Kind(used, code, (question,), (question,), (said, said), trained=True)


STORIES = (left_over, together, in_holders, priced, shared, journey)


def story(rng: random.Random, language: Language) -> Task:
    """Draw a word problem of training."""
    return make_task(rng, rng.choice(STORIES)(rng, language), language, "train")
