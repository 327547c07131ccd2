"""What the small talk of glmkit-mini knows: words in two languages, capitals, opposites. Read by ``talk_episodes``."""

from __future__ import annotations

from scripts.glmkit_mini.interpreter_values import listed


def pairs(text: str) -> list[tuple[str, str]]:
    """Return the pairs of a text such as "cat 猫, dog 狗"; an underscore stands for a blank."""
    return [(a.replace("_", " "), b.replace("_", " ")) for a, b in (item.split() for item in text.split(","))]


DICTIONARY = pairs("""
    cat 猫, dog 狗, bird 鸟, fish 鱼, horse 马, cow 牛, sheep 羊, pig 猪, rabbit 兔子, tiger 老虎, lion 狮子,
    monkey 猴子, bear 熊, elephant 大象, snake 蛇, mouse 老鼠, chicken 鸡, duck 鸭子, frog 青蛙, bee 蜜蜂,
    apple 苹果, banana 香蕉, orange 橙子, pear 梨, peach 桃子, grape 葡萄, lemon 柠檬, watermelon 西瓜,
    strawberry 草莓, cherry 樱桃, rice 米饭, bread 面包, noodles 面条, egg 鸡蛋, milk 牛奶, tea 茶, coffee 咖啡,
    water 水, juice 果汁, beer 啤酒, wine 葡萄酒, sugar 糖, salt 盐, meat 肉, soup 汤, cake 蛋糕, vegetable 蔬菜,
    fruit 水果, potato 土豆, tomato 番茄, onion 洋葱, carrot 胡萝卜, red 红色, blue 蓝色, green 绿色,
    yellow 黄色, black 黑色, white 白色, purple 紫色, pink 粉色, brown 棕色, grey 灰色, one 一, two 二, three 三,
    four 四, five 五, six 六, seven 七, eight 八, nine 九, ten 十, hundred 百, thousand 千, sun 太阳, moon 月亮,
    star 星星, sky 天空, cloud 云, rain 雨, snow 雪, wind 风, fire 火, river 河, lake 湖, sea 海, mountain 山,
    forest 森林, tree 树, flower 花, grass 草, leaf 叶子, stone 石头, island 岛, desert 沙漠, earth 地球,
    house 房子, door 门, window 窗户, table 桌子, chair 椅子, bed 床, lamp 灯, kitchen 厨房, garden 花园,
    room 房间, key 钥匙, clock 钟, mirror 镜子, cup 杯子, plate 盘子, knife 刀, spoon 勺子, bottle 瓶子,
    box 盒子, bag 包, umbrella 雨伞, book 书, pen 钢笔, pencil 铅笔, paper 纸, letter 信, newspaper 报纸,
    map 地图, picture 图片, school 学校, teacher 老师, student 学生, doctor 医生, nurse 护士, driver 司机,
    cook 厨师, farmer 农民, worker 工人, friend 朋友, father 父亲, mother 母亲, brother 兄弟, sister 姐妹,
    son 儿子, daughter 女儿, child 孩子, man 男人, woman 女人, family 家庭, name 名字, head 头, eye 眼睛,
    ear 耳朵, nose 鼻子, mouth 嘴, hand 手, foot 脚, hair 头发, heart 心, face 脸, tooth 牙齿, car 汽车,
    bus 公共汽车, train 火车, plane 飞机, ship 船, bicycle 自行车, road 路, bridge 桥, station 车站,
    airport 机场, city 城市, village 村庄, country 国家, shop 商店, market 市场, hospital 医院, bank 银行,
    library 图书馆, museum 博物馆, hotel 酒店, restaurant 餐厅, park 公园, money 钱, work 工作, holiday 假期,
    game 游戏, music 音乐, song 歌曲, film 电影, dance 舞蹈, language 语言, word 单词, sentence 句子,
    question 问题, answer 答案, number 数字, day 天, week 星期, month 月, year 年, hour 小时, minute 分钟,
    morning 早上, noon 中午, evening 晚上, night 夜晚, today 今天, tomorrow 明天, yesterday 昨天, spring 春天,
    summer 夏天, autumn 秋天, winter 冬天, big 大, small 小, hot 热, cold 冷, new 新, old 旧, good 好, bad 坏,
    fast 快, slow 慢, happy 高兴, sad 难过, tired 累, hungry 饿, beautiful 美丽, strong 强, young 年轻,
    expensive 贵, cheap 便宜, easy 容易, difficult 困难, eat 吃, drink 喝, sleep 睡觉, run 跑, walk 走, read 读,
    write 写, speak 说, listen 听, see 看, buy 买, sell 卖, open 打开, close 关闭, learn 学习, teach 教,
    swim 游泳, fly 飞, sing 唱歌, laugh 笑, cry 哭, love 爱, help 帮助, think 想, know 知道, computer 电脑,
    phone 电话, model 模型, data 数据, training 训练, memory 内存, file 文件, network 网络, code 代码,
    program 程序, tool 工具, weather 天气, time 时间, world 世界, peace 和平, dream 梦, story 故事, history 历史,
    science 科学, art 艺术, health 健康, sport 运动, football 足球, hello 你好, thanks 谢谢, goodbye 再见
""")

# country, in Chinese, capital, in Chinese
COUNTRIES = [
    tuple(part.replace("_", " ") for part in item.split())
    for item in [
        "China 中国 Beijing 北京",
        " France 法国 Paris 巴黎",
        " Germany 德国 Berlin 柏林",
        " Italy 意大利 Rome 罗马",
        "\nSpain 西班牙 Madrid 马德里",
        " Portugal 葡萄牙 Lisbon 里斯本",
        " England 英格兰 London 伦敦",
        " Ireland 爱尔兰 Dublin 都柏林",
        "\nJapan 日本 Tokyo 东京",
        " South_Korea 韩国 Seoul 首尔",
        " Russia 俄罗斯 Moscow 莫斯科",
        " India 印度 New_Delhi 新德里",
        "\nThailand 泰国 Bangkok 曼谷",
        " Vietnam 越南 Hanoi 河内",
        " Indonesia 印度尼西亚 Jakarta 雅加达",
        " Malaysia 马来西亚 Kuala_Lumpur 吉隆坡",
        "\nthe_Philippines 菲律宾 Manila 马尼拉",
        " Mongolia 蒙古 Ulaanbaatar 乌兰巴托",
        " Nepal 尼泊尔 Kathmandu 加德满都",
        "\nPakistan 巴基斯坦 Islamabad 伊斯兰堡",
        " Iran 伊朗 Tehran 德黑兰",
        " Iraq 伊拉克 Baghdad 巴格达",
        " Turkey 土耳其 Ankara 安卡拉",
        "\nSaudi_Arabia 沙特阿拉伯 Riyadh 利雅得",
        " Egypt 埃及 Cairo 开罗",
        " Kenya 肯尼亚 Nairobi 内罗毕",
        " Nigeria 尼日利亚 Abuja 阿布贾",
        "\nEthiopia 埃塞俄比亚 Addis_Ababa 亚的斯亚贝巴",
        " Morocco 摩洛哥 Rabat 拉巴特",
        " Ghana 加纳 Accra 阿克拉",
        " Canada 加拿大 Ottawa 渥太华",
        "\nthe_United_States 美国 Washington 华盛顿",
        " Mexico 墨西哥 Mexico_City 墨西哥城",
        " Cuba 古巴 Havana 哈瓦那",
        " Brazil 巴西 Brasilia 巴西利亚",
        "\nArgentina 阿根廷 Buenos_Aires 布宜诺斯艾利斯",
        " Chile 智利 Santiago 圣地亚哥",
        " Peru 秘鲁 Lima 利马",
        " Colombia 哥伦比亚 Bogota 波哥大",
        "\nVenezuela 委内瑞拉 Caracas 加拉加斯",
        " Uruguay 乌拉圭 Montevideo 蒙得维的亚",
        " Ecuador 厄瓜多尔 Quito 基多",
        "\nAustralia 澳大利亚 Canberra 堪培拉",
        " New_Zealand 新西兰 Wellington 惠灵顿",
        " Norway 挪威 Oslo 奥斯陆",
        " Sweden 瑞典 Stockholm 斯德哥尔摩",
        "\nFinland 芬兰 Helsinki 赫尔辛基",
        " Denmark 丹麦 Copenhagen 哥本哈根",
        " Iceland 冰岛 Reykjavik 雷克雅未克",
        " Poland 波兰 Warsaw 华沙",
        "\nAustria 奥地利 Vienna 维也纳",
        " Hungary 匈牙利 Budapest 布达佩斯",
        " Greece 希腊 Athens 雅典",
        " Romania 罗马尼亚 Bucharest 布加勒斯特",
        "\nBulgaria 保加利亚 Sofia 索非亚",
        " Ukraine 乌克兰 Kyiv 基辅",
        " Serbia 塞尔维亚 Belgrade 贝尔格莱德",
        " Croatia 克罗地亚 Zagreb 萨格勒布",
        "\nBelgium 比利时 Brussels 布鲁塞尔",
        " the_Netherlands 荷兰 Amsterdam 阿姆斯特丹",
    ]
]

OPPOSITES = {
    "en": pairs("""
    big small, hot cold, new old, good bad, fast slow, happy sad, day night, up down, left right, open closed,
    long short, high low, light dark, rich poor, full empty, early late, easy difficult, strong weak, hard soft,
    clean dirty, wet dry, near far, first last, true false, loud quiet, thick thin, wide narrow, begin end,
    buy sell, give take, push pull, love hate, win lose, inside outside, above below, cheap expensive,
    safe dangerous
"""),
    "zh": pairs("""
    大 小, 热 冷, 新 旧, 好 坏, 快 慢, 高兴 难过, 白天 黑夜, 上 下, 左 右, 开 关, 长 短, 高 低, 明亮 黑暗, 富 穷,
    满 空, 早 晚, 容易 困难, 强 弱, 硬 软, 干净 脏, 湿 干, 近 远, 第一 最后, 真 假, 吵闹 安静, 厚 薄, 宽 窄,
    开始 结束, 买 卖, 给 拿, 推 拉, 爱 恨, 赢 输, 里面 外面, 前 后, 便宜 贵, 安全 危险
"""),
}

# Each ring is a cycle: the one after the last is the first.
CYCLES = {
    "en": {
        "day": listed("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
        "month": listed("""January February March April May June July August September October November December"""),
        "season": listed("spring summer autumn winter"),
    },
    "zh": {
        "一天": listed("星期一 星期二 星期三 星期四 星期五 星期六 星期日"),
        "个月": listed("一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月"),
        "个季节": listed("春天 夏天 秋天 冬天"),
    },
}
LISTS = {
    "en": {
        "fruits": listed("apples bananas pears peaches grapes lemons cherries oranges"),
        "animals": listed("cats dogs horses tigers lions bears rabbits monkeys"),
        "colours": listed("red blue green yellow black white purple pink"),
        "vegetables": listed("carrots potatoes tomatoes onions cabbages peas beans"),
        "countries": listed("China France Germany Italy Japan Brazil Egypt Canada"),
        "drinks": listed("water tea coffee milk juice lemonade"),
        "jobs": listed("teacher doctor driver cook farmer nurse"),
    },
    "zh": {
        "水果": listed("苹果 香蕉 梨 桃子 葡萄 柠檬 樱桃 橙子"),
        "动物": listed("猫 狗 马 老虎 狮子 熊 兔子 猴子"),
        "颜色": listed("红色 蓝色 绿色 黄色 黑色 白色 紫色 粉色"),
        "蔬菜": listed("胡萝卜 土豆 番茄 洋葱 白菜 豌豆 黄瓜"),
        "国家": listed("中国 法国 德国 意大利 日本 巴西 埃及 加拿大"),
        "饮料": listed("水 茶 咖啡 牛奶 果汁 豆浆"),
        "职业": listed("老师 医生 司机 厨师 农民 护士"),
    },
}
NUMBERS = {
    "en": listed("""
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty
"""),
    "zh": listed("零 一 二 三 四 五 六 七 八 九 十 十一 十二 十三 十四 十五 十六 十七 十八 十九 二十"),
}
