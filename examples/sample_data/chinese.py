"""The six APIs whose episodes are in Chinese."""

from __future__ import annotations

from .layout import Api, Call, Episode
from .tasks import Task, api, clock, code, number, one_of

DISHES = one_of(
    "红烧肉", "番茄炒蛋", "麻婆豆腐", "清蒸鱼", "宫保鸡丁", "酸辣汤", "葱油面", "糖醋排骨", "蚝油生菜", "冬瓜汤"
)
FILMS = one_of("海边的灯塔", "第七个邮差", "雪夜来客", "云上咖啡馆", "老街的钟声", "蓝色风筝", "山那边的信", "长夜列车")
EXHIBITS = one_of(
    "青铜马车", "白瓷花瓶", "古琴", "木雕屏风", "丝绸长袍", "石刻佛像", "航海罗盘", "竹简", "玉璧", "铜镜"
)
DAYS = one_of("周一", "周二", "周三", "周四", "周五", "周六", "周日")
ROOMS = one_of("单人房", "双人房", "家庭房", "海景房", "套房")
MEDICINES = one_of("感冒灵", "布洛芬", "维生素C", "止咳糖浆", "创可贴", "板蓝根", "碘伏", "眼药水", "退热贴", "钙片")

CHINESE: tuple[Api, ...] = (
    api(
        "家常菜谱",
        "菜谱与食材。",
        "Food",
        Task(
            "findRecipe",
            "查询菜谱。",
            {"dish": ("菜名。", DISHES)},
            {"minutes": number(5, 120), "steps": number(3, 15)},
            ("“{dish}”怎么做？", "查询“{dish}”的菜谱。", "我想做“{dish}”，请找菜谱。"),
            "{dish}共{steps}步，大约{minutes}分钟。",
        ),
        Task(
            "getCalories",
            "查询热量。",
            {"dish": ("菜名。", DISHES)},
            {"calories": number(60, 900)},
            ("“{dish}”的热量是多少？", "查询“{dish}”的热量。", "吃“{dish}”会摄入多少热量？"),
            "{dish}的热量是{calories}千卡。",
        ),
    ),
    api(
        "星光影院",
        "放映与取票。",
        "Movies",
        Task(
            "findShowing",
            "查询放映时间。",
            {"film": ("片名。", FILMS)},
            {"time": clock(10, 22), "hall": number(1, 12)},
            ("《{film}》几点放映？", "查询《{film}》的放映时间。", "我想看《{film}》，有哪一场？"),
            "《{film}》{time}在{hall}号厅放映。",
        ),
        Task(
            "refundSeat",
            "退票。",
            {"seat": ("票号。", code("P", 5))},
            {"refund": number(20, 90)},
            ("请退票{seat}。", "我要退掉票{seat}。", "票{seat}可以退吗？"),
            "票{seat}已退，退款{refund}元。",
            method="post",
        ),
        flawed=(
            Episode(  # no last thought: the agent was stopped
                "帮我看看星际航班的座位。",
                (Call("findShowing", {"film": "星际航班"}, {"error": "没有这部影片"}, status=404),),
                "步骤过多，已停止。",
                is_finished=False,
            ),
        ),
    ),
    api(
        "城市博物馆",
        "展品与开放时间。",
        "Culture",
        Task(
            "findExhibit",
            "查询展品的位置。",
            {"exhibit": ("展品名称。", EXHIBITS)},
            {"floor": number(1, 6), "room": number(101, 640)},
            ("“{exhibit}”在哪里？", "查询“{exhibit}”的位置。", "我想看“{exhibit}”，应该去哪个展厅？"),
            "{exhibit}在{floor}楼{room}展厅。",
        ),
        Task(
            "getOpeningHours",
            "查询开放时间。",
            {"day": ("参观日。", DAYS)},
            {"opens": clock(8, 10), "closes": clock(16, 21)},
            ("{day}博物馆几点开门？", "查询{day}的开放时间。", "{day}的开放时间是什么？"),
            "{day}{opens}开门，{closes}关门。",
        ),
    ),
    api(
        "快递查询",
        "包裹与网点。",
        "Shopping",
        Task(
            "trackPackage",
            "查询包裹。",
            {"number": ("运单号。", code("SF", 6))},
            {"place": one_of("上海", "杭州", "成都", "武汉", "西安", "长沙", "青岛"), "days": number(1, 6)},
            ("包裹{number}到哪里了？", "查询包裹{number}。", "运单{number}什么时候送到？"),
            "包裹{number}在{place}，还要{days}天送到。",
        ),
        Task(
            "redirectPackage",
            "把包裹转到自提柜。",
            {"number": ("运单号。", code("SF", 6))},
            {"box": code("B", 3)},
            ("把包裹{number}转到自提柜。", "请将{number}放到自提柜。", "包裹{number}能放自提柜吗？"),
            "包裹{number}已转到自提柜{box}。",
            method="post",
        ),
    ),
    api(
        "湖畔酒店",
        "房价与预订。",
        "Travel",
        Task(
            "getRoomPrice",
            "查询房价。",
            {"room": ("房型。", ROOMS)},
            {"price": number(180, 1500), "left": number(1, 20)},
            ("{room}多少钱一晚？", "查询{room}的房价。", "我想住{room}，价格是多少？"),
            "{room}每晚{price}元，还剩{left}间。",
        ),
        Task(
            "cancelBooking",
            "取消预订。",
            {"booking": ("预订号。", code("H", 6))},
            {"fee": number(0, 200)},
            ("取消预订{booking}。", "请取消我的预订{booking}。", "预订{booking}能取消吗？"),
            "预订{booking}已取消，手续费{fee}元。",
            method="post",
        ),
    ),
    api(
        "社区药房",
        "药品与处方。",
        "Health",
        Task(
            "getStock",
            "查询药品库存。",
            {"medicine": ("药品名称。", MEDICINES)},
            {"boxes": number(1, 90), "price": number(5, 120)},
            ("“{medicine}”还有吗？", "查询“{medicine}”的库存。", "我要买“{medicine}”，有货吗？"),
            "{medicine}还有{boxes}盒，每盒{price}元。",
        ),
        Task(
            "checkPrescription",
            "查询处方。",
            {"prescription": ("处方号。", code("RX", 5))},
            {"ready": clock(9, 19)},
            ("处方{prescription}配好了吗？", "查询处方{prescription}。", "什么时候可以取处方{prescription}的药？"),
            "处方{prescription}在{ready}可以取药。",
        ),
    ),
)
