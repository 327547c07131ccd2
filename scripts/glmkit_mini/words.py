"""The words generated data is made of: English and Chinese lists, and invented words. Read by ``values``.

Every list is split once: a fifth is kept for held-out files, so that a held-out word is one no training row draws. Single
pieces of the vocabulary are not split: an invented word may be made of any, so that every piece is one the model has
had to copy. A piece that is never written in training can never be written afterwards.
"""

from __future__ import annotations

import keyword
import random
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

Split = Literal["train", "heldout"]
Language = Literal["en", "zh"]
T = TypeVar("T")

HELDOUT_SHARE = 5  # one in five
PIECES_SHARE = 0.6  # of invented words: those made of pieces of the vocabulary, the others of syllables
TOKENIZER = Path(__file__).parents[2] / "glmkit" / "bundled" / "glmkit-mini" / "tokenizer.model"


def part(words: tuple[T, ...], split: Split) -> tuple[T, ...]:
    """Return the words of ``split``: every fifth is held out."""
    return tuple(word for i, word in enumerate(words) if (i % HELDOUT_SHARE == 2) == (split == "heldout"))


NOUNS = tuple(
    """anchor apple arrow autumn badge bamboo banner barrel basket beacon bell bench berry bicycle blanket bottle branch
    breeze brick bridge bronze brush bucket butter button cabin cable cactus camera candle canoe canyon carpet castle
    cedar chain chair cherry circle clay cliff clock cloud coast coffee comet compass copper coral cotton cradle crane
    creek crown crystal curtain dawn delta desert diamond dolphin door dragon drum dune eagle ember engine falcon
    feather fern field flag flame flute forest fountain fox garden garnet gate ginger glacier glass globe granite grape
    grove guitar hammer harbor harvest hawk hazel hill honey horizon horse island ivory jacket jade jungle kettle key
    kite lake lamp lantern leaf ledger lemon library lilac lily lime lion locket lotus maple marble market meadow
    melon mill mint mirror moon mountain needle nest night north oak oasis ocean olive onyx opal orange orbit orchard
    otter owl palm panda paper parrot path pearl pebble pepper piano pigeon pillow pine planet plum pocket pond poplar
    prairie quartz quill rabbit rain raven reef ribbon river road robin rocket rose ruby saddle saffron sail salmon
    sand sapphire scarf shadow shell shield silk silver sky snow sparrow spice spring squirrel star statue stone storm
    summit sun swan table tea temple thistle thunder tiger timber tower trail tulip tunnel turtle valley velvet violet
    walnut water wave well wheat wheel willow wind window winter wolf wool yarrow zebra zenith""".split()
)
ADJECTIVES = tuple(
    """amber ancient azure bold brave bright broad calm clear clever cold cosy crimson curious daily deep early easy
    eager fancy fast final fine first fresh gentle giant glad golden good grand gray great green happy hidden high
    hollow honest hot humble indigo kind large last late lazy little lively long loud lucky main merry mild mighty
    narrow neat new noble old open pale plain polite proud pure purple quick quiet rapid rare red rich rough round
    royal rustic safe scarlet secret sharp short shy silent simple slow small smart smooth soft solid still strong
    sunny sweet swift tall tiny urban vast warm white wide wild wise wooden yellow young""".split()
)
FIRST_NAMES = tuple(
    """Ada Aisha Alan Alice Amir Ana Andrew Anna Ben Bella Boris Carla Carlos Chen Clara Colin Dana Daniel David Diego
    Elena Elias Emily Emma Eric Eva Felix Fiona Frank Grace Hana Hassan Helen Henry Iris Irene Isaac Ivan Jack James
    Jana Jonas Julia Karen Karl Kate Kenji Laura Lena Leo Lily Linda Louis Lucas Lucy Luis Maja Marco Maria Mark Marta
    Maya Mia Michael Mina Nadia Nina Noah Nora Olga Oliver Omar Oscar Paul Peter Priya Rachel Ravi Rosa Ruth Sam Sara
    Simon Sofia Stefan Susan Tara Theo Thomas Tina Tom Uma Vera Victor Viola Walter Wendy Yuki Yusuf Zoe""".split()
)
LAST_NAMES = tuple(
    """Adams Ahmed Allen Baker Becker Bell Bennett Brooks Brown Carter Castro Clark Cole Cooper Costa Cruz Davis Diaz
    Duarte Evans Fischer Fletcher Ford Foster Garcia Gray Green Gupta Hall Hansen Harris Hill Hughes Ito Jackson Jensen
    Johnson Jones Kelly Khan Kim King Klein Kumar Lang Lee Lewis Lopez Marsh Martin Mason Meyer Miller Moore Moreno
    Morgan Murphy Nelson Novak Olsen Ortiz Owens Park Parker Patel Perez Petrov Porter Quinn Ramos Reed Rivera Roberts
    Rossi Russo Sato Schmidt Scott Shaw Silva Singh Smith Stone Suzuki Taylor Torres Turner Vargas Walker Wang Ward
    Watson Weber White Wilson Wood Wright Young Zhang""".split()
)
CITIES = tuple(
    tuple(pair.split("/"))
    for pair in """London/伦敦 Paris/巴黎 Tokyo/东京 Berlin/柏林 Madrid/马德里 Rome/罗马 Vienna/维也纳 Prague/布拉格 Lisbon/里斯本
    Dublin/都柏林 Oslo/奥斯陆 Stockholm/斯德哥尔摩 Helsinki/赫尔辛基 Warsaw/华沙 Athens/雅典 Cairo/开罗 Nairobi/内罗毕
    Mumbai/孟买 Delhi/德里 Bangkok/曼谷 Hanoi/河内 Jakarta/雅加达 Manila/马尼拉 Seoul/首尔 Osaka/大阪 Kyoto/京都
    Beijing/北京 Shanghai/上海 Guangzhou/广州 Shenzhen/深圳 Hangzhou/杭州 Nanjing/南京 Wuhan/武汉 Chengdu/成都 Xiamen/厦门
    Qingdao/青岛 Dalian/大连 Harbin/哈尔滨 Kunming/昆明 Tianjin/天津 Chongqing/重庆 Suzhou/苏州 Changsha/长沙 Jinan/济南
    Zhengzhou/郑州 Hefei/合肥 Fuzhou/福州 Nanning/南宁 Guiyang/贵阳 Lanzhou/兰州 Urumqi/乌鲁木齐 Lhasa/拉萨 Xining/西宁
    Taiyuan/太原 Shenyang/沈阳 Changchun/长春 Ningbo/宁波 Wuxi/无锡 Zhuhai/珠海 Sanya/三亚 Haikou/海口 Guilin/桂林
    Sydney/悉尼 Melbourne/墨尔本 Perth/珀斯 Auckland/奥克兰 Toronto/多伦多 Montreal/蒙特利尔 Vancouver/温哥华
    Boston/波士顿 Chicago/芝加哥 Houston/休斯敦 Denver/丹佛 Seattle/西雅图 Miami/迈阿密 Dallas/达拉斯 Atlanta/亚特兰大
    Phoenix/凤凰城 Lima/利马 Bogota/波哥大 Santiago/圣地亚哥 Havana/哈瓦那 Geneva/日内瓦 Zurich/苏黎世 Munich/慕尼黑
    Hamburg/汉堡 Milan/米兰 Venice/威尼斯 Naples/那不勒斯 Barcelona/巴塞罗那 Valencia/巴伦西亚 Lyon/里昂 Marseille/马赛
    Brussels/布鲁塞尔 Antwerp/安特卫普 Amsterdam/阿姆斯特丹 Rotterdam/鹿特丹 Copenhagen/哥本哈根 Budapest/布达佩斯
    Istanbul/伊斯坦布尔 Dubai/迪拜 Singapore/新加坡 Moscow/莫斯科""".split()
)
ZH_NOUNS = tuple(
    """苹果 书店 桥梁 灯塔 花园 森林 河流 山谷 海岸 星空 月亮 太阳 彩虹 春风 秋叶 冬雪 夏雨 竹林 松树 梅花 兰草 菊花 荷塘
    茶馆 咖啡 面包 蛋糕 牛奶 蜂蜜 柠檬 橙子 葡萄 西瓜 樱桃 核桃 花生 豆腐 米饭 面条 饺子 火锅 钢琴 吉他 笛子 鼓楼 画廊 剧场
    影院 公园 广场 车站 码头 机场 港口 仓库 工厂 学校 医院 银行 超市 餐厅 酒店 宾馆 公寓 别墅 书桌 椅子 沙发 台灯 窗帘 地毯
    镜子 钟表 相机 手机 电脑 键盘 耳机 音箱 电池 雨伞 背包 帽子 围巾 手套 外套 衬衫 皮鞋 项链 戒指 玉石 珍珠 水晶 琥珀 珊瑚
    老虎 狮子 熊猫 兔子 松鼠 狐狸 海豚 鲸鱼 蝴蝶 蜻蜓 燕子 麻雀 老鹰 孔雀 白鹤 飞马 青龙 凤凰 石头 沙漠 冰川 瀑布 温泉 草原
    麦田 果园 稻田 牧场 鱼塘 田野 村庄 小镇 城墙 宝塔 寺庙 长廊 凉亭 石桥 古井 风车 水车 帆船 火车 飞机 单车 卡车 火箭 卫星
    望远 显微 地图 罗盘 信封 邮票 日记 诗集 词典 画册 棋盘 风筝 灯笼 剪纸 陶瓷 丝绸 木雕 铜镜 铁塔 银河 金桂 玫瑰 百合 牡丹
    茉莉 向日葵 薰衣草 蒲公英 红枫 白桦 橡树 柳树 榕树 银杏 芦苇 青苔 蘑菇 雪莲 云海 朝霞 晚霞 晨雾 露珠 微风 细雨 雷电 冰雹""".split()
)
ZH_ADJECTIVES = tuple(
    """红色 蓝色 绿色 金色 银色 白色 黑色 紫色 安静 明亮 温暖 清新 快乐 勇敢 聪明 神秘 古老 年轻 宽阔 遥远 柔软 坚硬 轻快 简单
    美丽 热闹 宁静 平凡 优雅 朴素 新鲜 甜蜜 清凉 火热 细小 巨大 高大 深邃 透明 闪亮 自由 幸运 普通 特别 重要 主要 临时 备用 最新
    常用""".split()
)
ZH_SURNAMES = tuple(
    "王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹 彭 曾 肖 田 董 潘 袁 蔡 蒋 余 于 杜 叶 程 魏 苏 吕 丁 沈".split()
)
ZH_GIVEN = tuple(
    """伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 涛 明 超 秀英 霞 平 刚 桂英 文 华 建国 建华 志强 晓明 小红 雨欣 子涵 浩然 梓萱 一诺 思远
    嘉怡 俊杰 欣怡 宇轩 海燕 雪梅 春花 国强 立新 佳琪 天宇 子轩 美玲 玉兰 振华 晨曦 若彤 博文 雅婷 志远 晓东 丹丹 婷婷 云飞 家豪 梦琪""".split()
)
ZH_STREETS = tuple(
    "人民 解放 中山 建设 和平 长安 文化 学院 滨江 新华 胜利 光明 青年 朝阳 湖滨 东风 南京 北京 迎宾 科技 花园 工业 体育 幸福".split()
)

_ONSETS = "b br c ch cl d dr f fl g gr h j k kl l m n p pl qu r s sh sk sl st t th tr v w y z".split()
_VOWELS = "a e i o u ai ea ee ia io oa oo ou".split()
_CODAS = "b ck d f g l ld lm m n nt p r rk rn s sh st t x z".split() + [""] * 8
# Characters for invented Chinese words: common ones only, so that the vocabulary holds them.
_ZH_CHARACTERS = (
    "天地人和风云水火山石田土木金玉花草鸟鱼虫马牛羊龙虎春夏秋冬东南西北中上下左右前后内外大小多少高低长短新旧早晚明暗红绿青蓝紫黄白黑"
    "光影声色香味心意思想文字书画诗歌琴棋江河湖海星月日年时分秒路桥门窗城镇村店厂校院馆楼台亭园林森松竹梅兰菊荷桃李杏柳枫桂米面茶酒油盐"
    "平安福寿喜乐康宁正直公开通达信义礼智仁勇远近快慢轻重方圆直曲雨雪霜露雷电霞虹泉溪流波浪岛岸峰岭谷原野沙"
)


@cache
def pieces(language: Language) -> tuple[str, ...]:
    """Return the vocabulary's Latin pieces, or its Chinese characters; none before there is a vocabulary."""
    if not TOKENIZER.is_file():
        return ()
    import sentencepiece

    model = sentencepiece.SentencePieceProcessor(model_file=str(TOKENIZER))
    texts = [model.id_to_piece(i).lstrip("▁") for i in range(model.vocab_size())]
    if language == "zh":
        return tuple(text for text in texts if len(text) == 1 and "\u4e00" <= text <= "\u9fff")
    unfit = {*keyword.kwlist, "porn", "sex"}
    latin = (text for text in texts if text.isascii() and text.isalpha() and text not in unfit)
    return tuple(dict.fromkeys(latin))


def invented_word(rng: random.Random, language: Language = "en") -> str:
    """Return a word that means nothing: pieces of the vocabulary, syllables, or Chinese characters."""
    known = pieces(language)
    if known and rng.random() < PIECES_SHARE:
        if language == "zh":
            return "".join(rng.choice(known) for _ in range(rng.choice((1, 2, 2, 2, 3, 4))))
        word = "".join(rng.choice(known) for _ in range(rng.choice((1, 1, 1, 2))))
        if len(word) > 1 and not keyword.iskeyword(word):
            return word if rng.random() < 0.2 else word.lower()
    if language == "zh":
        return "".join(rng.choice(_ZH_CHARACTERS) for _ in range(rng.choice((2, 2, 3, 4))))
    return "".join(
        rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(rng.choice((1, 2, 2, 3)))
    )
