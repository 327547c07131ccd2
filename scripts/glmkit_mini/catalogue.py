"""The hand-shaped part of the tools: parameters, things and verbs in English and Chinese. Read by ``schemas``.

The held-out tables share no parameter, thing or verb with the training tables: tools made from them are unseen tools.
"""

from __future__ import annotations

from dataclasses import dataclass

from scripts.glmkit_mini.words import Language, Split


@dataclass(frozen=True, slots=True)
class ParameterEntry:
    """A parameter: its name, the kind of its value, what people call it, and phrases that mention a value."""

    name: str
    kind: str
    cue: dict[str, str]
    phrases: dict[str, tuple[str, ...]]
    choices: dict[str, tuple[str, ...]]  # of an enum or a list


@dataclass(frozen=True, slots=True)
class ThingEntry:
    """What tools are about: its name in both languages, verbs, parameters, and fields of results (name, kind, cues)."""

    noun: dict[str, str]
    verbs: tuple[str, ...]
    parameters: tuple[str, ...]
    results: tuple[tuple[str, str, dict[str, str]], ...]


@dataclass(frozen=True, slots=True)
class VerbEntry:
    """A verb: words for tool names, and phrases a person uses."""

    names: tuple[str, ...]
    phrases: dict[str, tuple[str, ...]]


def _parameters(table: str) -> dict[str, ParameterEntry]:
    entries = {}
    for line in table.strip().splitlines():
        name, kind, en, zh, en_phrases, zh_phrases, *choices = (cell.strip() for cell in line.split("|"))
        entries[name] = ParameterEntry(
            name=name,
            kind=kind,
            cue={"en": en, "zh": zh},
            phrases={"en": _cells(en_phrases), "zh": _cells(zh_phrases)},
            choices={"en": _cells(choices[0]), "zh": _cells(choices[1])} if choices else {},
        )
    return entries


def _things(table: str) -> tuple[ThingEntry, ...]:
    entries = []
    for line in table.strip().splitlines():
        en, zh, verbs, parameters, results = (cell.strip() for cell in line.split("|"))
        fields = tuple(tuple(field.split(":")) for field in results.split())
        entries.append(
            ThingEntry(
                noun={"en": en, "zh": zh},
                verbs=tuple(verbs.split()),
                parameters=tuple(parameters.split()),
                results=tuple((name, kind, {"en": name.replace("_", " "), "zh": cue}) for name, kind, cue in fields),
            )
        )
    return tuple(entries)


def _verbs(table: str) -> dict[str, VerbEntry]:
    entries = {}
    for line in table.strip().splitlines():
        names, en, zh = (cell.strip() for cell in line.split("|"))
        words = tuple(names.split())
        entries[words[0]] = VerbEntry(words, {"en": _cells(en), "zh": _cells(zh)})
    return entries


def _cells(text: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in text.split(";") if cell.strip())


_TRAIN_PARAMETERS = """
city | city | city | 城市 | in {v}; for {v} | 在{v}
location | city | location | 地点 | in {v}; near {v} | 在{v}; {v}附近
origin | city | departure city | 出发城市 | from {v}; leaving {v} | 从{v}出发; 出发地{v}
destination | city | destination city | 目的城市 | to {v}; going to {v} | 到{v}; 去{v}
country | word | country | 国家 | in {v} | 在{v}
date | date | date | 日期 | on {v}; for {v} | 在{v}; {v}那天
start_date | date | start date | 开始日期 | from {v}; starting {v} | 从{v}开始
end_date | date | end date | 结束日期 | until {v}; to {v} | 到{v}为止; 到{v}结束
due_date | date | due date | 截止日期 | due {v}; by {v} | {v}之前完成
time | time | time | 时间 | at {v} | 在{v}; {v}的时候
start_time | time | start time | 开始时间 | from {v}; starting at {v} | 从{v}开始
guests | count | number of guests | 客人数量 | for {v} guests | {v}位客人
people | count | number of people | 人数 | for {v} people; {v} of us | {v}个人
days | count | number of days | 天数 | for {v} days; over {v} days | {v}天
nights | count | number of nights | 晚数 | for {v} nights | 住{v}晚
quantity | integer | quantity | 数量 | {v} of them | 要{v}件
limit | count | maximum number of results | 结果数量上限 | at most {v} results; only {v} results | 最多{v}条结果; 只要{v}条
page | small | page number | 页码 | on page {v}; page {v} | 第{v}页
query | title | search words | 搜索词 | about {q}; matching {q} | 关于{q}
keyword | word | keyword | 关键词 | with the keyword {q}; about {q} | 包含{q}
title | title | title | 标题 | called {q}; titled {q} | 名为{q}; 标题叫{q}
name | title | name | 名称 | named {q}; called {q} | 名叫{q}; 叫做{q}
message | text | message text | 消息内容 | saying {q}; that says {q} | 内容写{q}; 说{q}
note | text | note | 备注 | with the note {q} | 备注写{q}; 附上备注{q}
recipient | person | recipient | 收件人 | to {v} | 发给{v}; 给{v}
sender | person | sender | 发件人 | from {v} | 来自{v}
author | person | author | 作者 | by {v}; written by {v} | {v}写的
artist | person | artist | 艺术家 | by {v} | {v}的作品
customer | person | customer name | 客户姓名 | for {v}; for the customer {v} | 客户是{v}
doctor | person | doctor name | 医生姓名 | with {v}; with doctor {v} | 找{v}医生
email | email | email address | 邮箱地址 | at {v}; using {v} | 邮箱{v}
phone | phone | phone number | 电话号码 | on {v}; at {v} | 电话{v}
url | url | web address | 网址 | at {v}; from {v} | 网址{v}
file_name | file | file name | 文件名 | in {v}; from {v} | 文件{v}
folder | word | folder | 文件夹 | in the folder {q} | 在{q}文件夹里
order_id | code | order number | 订单号 | for order {v}; order {v} | 订单{v}
user_id | code | user ID | 用户编号 | for user {v} | 用户{v}
product_id | code | product ID | 商品编号 | for product {v} | 商品{v}
ticket_id | code | ticket number | 工单号 | for ticket {v} | 工单{v}
tracking_number | code | tracking number | 运单号 | with number {v} | 单号{v}
flight_number | code | flight number | 航班号 | flight {v} | {v}航班
symbol | symbol | stock symbol | 股票代码 | of {v}; for {v} | 代码{v}
amount | amount | amount | 金额 | of {v}; {v} in total | 共{v}
price | amount | price | 价格 | at {v}; priced at {v} | 价格{v}
max_price | amount | maximum price | 最高价格 | under {v}; below {v} | 不超过{v}; {v}以内
min_price | amount | minimum price | 最低价格 | above {v}; from {v} up | 不低于{v}; {v}以上
budget | amount | budget | 预算 | with a budget of {v} | 预算{v}
rate | amount | interest rate | 利率 | at {v} percent | 利率{v}
weight | amount | weight | 重量 | weighing {v} | 重{v}
height | amount | height | 高度 | {v} tall | 高{v}
distance | amount | distance | 距离 | within {v}; over {v} | {v}以内
radius | amount | search radius | 搜索半径 | within a radius of {v} | 半径{v}范围内
duration | integer | duration in minutes | 时长（分钟） | lasting {v} minutes; for {v} minutes | 时长{v}分钟
age | integer | age | 年龄 | aged {v} | {v}岁
year | year | year | 年份 | in {v}; from {v} | {v}年
level | small | level | 等级 | at level {v} | {v}级
rating | small | star rating | 星级 | with {v} stars | {v}星
latitude | decimal | latitude | 纬度 | at latitude {v} | 纬度{v}
longitude | decimal | longitude | 经度 | at longitude {v} | 经度{v}
temperature | decimal | temperature | 温度 | at {v} degrees | {v}度
from_currency | currency | source currency | 源货币 | from {v} | 从{v}
to_currency | currency | target currency | 目标货币 | to {v}; into {v} | 换成{v}
source_language | language | source language | 源语言 | from {v} | 从{v}
target_language | language | target language | 目标语言 | into {v}; to {v} | 译成{v}; 翻成{v}
text | text | text | 文本 | {q} | {q}
address | address | address | 地址 | to {v}; at {v} | 送到{v}
room | word | room | 房间 | in the {v} | 在{v}
device | title | device name | 设备名称 | called {q}; named {q} | 名叫{q}
genre | enum | genre | 类型 | in the {v} genre; of type {v} | {v}类 | rock; jazz; drama; comedy; mystery; history; science | 摇滚; 爵士; 剧情; 喜剧; 悬疑; 历史; 科幻
unit | enum | unit of measure | 计量单位 | in {v} | 用{v}表示 | metric; imperial; celsius; fahrenheit; kg; lb; km; mile | 公制; 英制; 摄氏; 华氏; 公斤; 磅; 公里; 英里
priority | enum | priority | 优先级 | with {v} priority | 优先级{v} | low; medium; high; urgent | 低; 中; 高; 紧急
status | enum | status | 状态 | that are {v}; with status {v} | 状态为{v} | open; closed; pending; active; done | 打开; 关闭; 待处理; 进行中; 完成
size | enum | size | 尺寸 | in size {v} | {v}号 | small; medium; large; extra large | 小; 中; 大; 特大
color | enum | color | 颜色 | in {v} | {v}的 | red; blue; green; black; white; yellow | 红; 蓝; 绿; 黑; 白; 黄
category | enum | category | 类别 | in the category {v} | {v}类别 | food; books; toys; sports; travel; music; health | 食品; 图书; 玩具; 运动; 旅行; 音乐; 健康
sort_by | enum | sort order | 排序方式 | sorted by {v} | 按{v}排序 | price; date; rating; name; distance | 价格; 日期; 评分; 名称; 距离
format | enum | output format | 输出格式 | as {v}; in {v} format | {v}格式 | pdf; csv; json; text; html | pdf; csv; json; text; html
travel_class | enum | travel class | 舱位 | in {v} class | {v}舱 | economy; business; first | 经济; 商务; 头等
mode | enum | mode | 模式 | in {v} mode | {v}模式 | auto; manual; quiet; fast; eco | 自动; 手动; 安静; 快速; 节能
payment_method | enum | payment method | 支付方式 | paying by {v} | 用{v}支付 | card; cash; transfer; voucher | 银行卡; 现金; 转账; 代金券
frequency | enum | frequency | 频率 | {v} | {v}一次 | daily; weekly; monthly; yearly | 每天; 每周; 每月; 每年
breakfast | flag | breakfast included | 含早餐 | with breakfast ~ without breakfast | 要早餐 ~ 不要早餐
direct_only | flag | direct flights only | 只要直飞 | direct flights only ~ stops are fine | 只要直飞 ~ 可以转机
notify | flag | send a notification | 发送通知 | with a notification ~ without a notification | 需要通知 ~ 不需要通知
express | flag | express delivery | 加急配送 | by express delivery ~ without express delivery | 要加急 ~ 不用加急
gift_wrap | flag | gift wrapping | 礼品包装 | with gift wrapping ~ without gift wrapping | 要礼品包装 ~ 不要礼品包装
in_stock | flag | only items in stock | 只看有货 | only items in stock ~ also items out of stock | 只看有货的 ~ 没货的也要
repeat | flag | repeat | 重复 | repeating ~ not repeating | 重复 ~ 不重复
private | flag | private | 私密 | as private ~ not private | 设为私密 ~ 不设为私密
tags | list:word | tags | 标签 | tagged {v}; with the tags {v} | 标签有{v}
attendees | list:person | attendees | 参加者 | with {v} | 参加的有{v}
ingredients | list:word | ingredients | 食材 | with {v}; using {v} | 食材有{v}
items | list:word | items | 物品 | with {v}; containing {v} | 包括{v}
cities | list:city | cities | 城市列表 | for {v} | 城市有{v}
numbers | list:integer | numbers | 数字列表 | {v} | {v}
"""

_HELDOUT_PARAMETERS = """
harbour | city | harbour | 港口 | from {v}; in {v} | 在{v}
region | city | region | 区域 | in {v}; across {v} | 在{v}
planting_day | date | planting day | 种植日 | on {v} | 在{v}种
expiry | date | expiry day | 到期日 | expiring {v} | {v}到期
departure_hour | time | departure hour | 发车时刻 | at {v} | {v}发车
crew_count | count | crew count | 船员人数 | with {v} crew | 船员{v}名
copies | count | number of copies | 份数 | {v} copies | {v}份
rows_wanted | count | rows wanted | 行数 | {v} rows | {v}行
exhibit | title | exhibit | 展品 | called {q} | 展品{q}
species | word | species | 物种 | of {v} | 物种{v}
project_label | title | project label | 项目标签 | labelled {q} | 标签{q}
remark | text | remark | 说明 | with the remark {q} | 说明写{q}
owner | person | owner | 所有者 | owned by {v} | {v}所有
inspector | person | inspector | 检验员 | by {v} | 由{v}检验
curator | person | curator | 馆长 | led by {v} | {v}负责
contact_mail | email | contact mail | 联系邮件 | at {v} | 邮件{v}
licence_plate | code | licence plate | 车牌 | with plate {v} | 车牌{v}
sensor_code | code | sensor code | 传感器代码 | sensor {v} | 传感器{v}
permit | code | permit number | 许可证号 | permit {v} | 许可证{v}
batch | code | batch mark | 批次 | batch {v} | 批次{v}
voltage | amount | voltage | 电压 | at {v} volts | 电压{v}
depth | amount | depth | 深度 | {v} deep | 深{v}
fee | amount | fee | 费用 | for {v} | 费用{v}
humidity_target | amount | target humidity | 目标湿度 | at {v} percent | 湿度{v}
floor | small | floor | 楼层 | on floor {v} | {v}楼
lane | small | lane | 车道 | in lane {v} | {v}车道
founded | year | founding year | 成立年份 | founded in {v} | {v}年成立
document | file | document | 文档 | in {v} | 文档{v}
portal | url | portal | 门户 | through {v} | 门户{v}
shelf | word | shelf | 货架 | on shelf {v} | {v}货架
fuel | enum | fuel | 燃料 | running on {v} | 用{v} | diesel; petrol; hydrogen; electric | 柴油; 汽油; 氢气; 电力
soil | enum | soil type | 土壤类型 | in {v} soil | {v}土 | loam; peat; chalk; silt | 壤土; 泥炭; 白垩; 淤泥
severity | enum | severity | 严重程度 | of {v} severity | 程度{v} | minor; moderate; severe | 轻微; 中等; 严重
shift | enum | shift | 班次 | on the {v} shift | {v}班 | morning; evening; overnight | 早; 晚; 夜
insured | flag | insured | 投保 | insured ~ not insured | 投保 ~ 不投保
fragile | flag | fragile | 易碎 | fragile ~ not fragile | 易碎 ~ 不易碎
cargo | list:word | cargo | 货物 | carrying {v} | 货物有{v}
members | list:person | members | 成员 | with {v} | 成员有{v}
"""

_TRAIN_THINGS = """
weather | 天气 | get track | city date days unit latitude longitude | temperature:decimal:温度 condition:word:天气状况 humidity:integer:湿度 wind_speed:integer:风速
weather forecast | 天气预报 | get search | location start_date days unit | high:integer:最高温 low:integer:最低温 summary:word:概况
air quality | 空气质量 | get track | city date | index:integer:指数 level:word:等级
flight | 航班 | search book cancel track | origin destination date people travel_class direct_only flight_number | flight_number:code:航班号 price:amount:价格 departure:time:起飞时间 airline:title:航空公司
train ticket | 火车票 | search book cancel | origin destination date time people | train_number:code:车次 price:amount:票价 departure:time:发车时间
hotel | 酒店 | search book cancel rate | city start_date nights guests breakfast max_price rating | hotel:title:酒店 price:amount:价格 booking_id:code:预订号
restaurant | 餐厅 | search book rate cancel | city name date time people budget | restaurant:title:餐厅 phone:phone:电话 rating:decimal:评分
taxi | 出租车 | order cancel track | origin destination time people | driver:person:司机 plate:code:车牌 minutes:small:等待分钟
rental car | 租车 | search book cancel | city start_date end_date size age | car:title:车型 price:amount:价格 booking_id:code:预订号
parcel | 包裹 | track send cancel | tracking_number address weight express recipient | status:word:状态 location:city:位置 arrival:date:送达日期
order | 订单 | get create cancel update track | order_id product_id quantity address gift_wrap payment_method | order_id:code:订单号 total:amount:总价 status:word:状态
product | 商品 | search get rate update | query category max_price min_price in_stock sort_by product_id | product:title:商品 price:amount:价格 stock:integer:库存
invoice | 发票 | get create send | customer amount due_date email order_id | invoice_id:code:发票号 total:amount:总额
payment | 付款 | create get cancel | amount recipient payment_method note date | payment_id:code:付款号 balance:amount:余额
currency | 货币 | convert | amount from_currency to_currency date | result:amount:结果 rate:decimal:汇率
stock price | 股价 | get track | symbol date | price:amount:价格 change:decimal:涨跌
exchange rate | 汇率 | get track | from_currency to_currency date | rate:decimal:汇率 updated:time:更新时间
loan | 贷款 | calculate | amount rate year | monthly_payment:amount:月供 total_interest:amount:总利息
tip | 小费 | calculate | amount rate people | tip:amount:小费 total:amount:总额
bank account | 银行账户 | get update | user_id date | balance:amount:余额 account:code:账号
email | 邮件 | send search get delete | email title message sender date limit | message_id:code:邮件号 subject:title:主题
text message | 短信 | send get delete | phone message time | message_id:code:短信号 sent_at:time:发送时间
reminder | 提醒 | create delete update get | title date time repeat priority | reminder_id:code:提醒号 time:time:时间
meeting | 会议 | create cancel update search | title date start_time duration attendees room | meeting_id:code:会议号 room:word:会议室
calendar event | 日程 | create get delete update | title date time location notify | event_id:code:日程号 calendar:word:日历
alarm | 闹钟 | create delete update | time repeat note | alarm_id:code:闹钟号 rings_in:word:剩余时间
timer | 计时器 | start stop | duration name | timer_id:code:计时器号 ends_at:time:结束时间
task | 任务 | create update delete search | title due_date priority status tags | task_id:code:任务号 owner:person:负责人
note | 笔记 | create search delete update | title text tags folder | note_id:code:笔记号 created:date:创建日期
file | 文件 | search delete convert send | file_name folder format recipient | size:integer:大小 path:file:路径
document | 文档 | create search convert send | title file_name format author | document_id:code:文档号 pages:integer:页数
web page | 网页 | get search | url query format | title:title:标题 words:integer:字数
news | 新闻 | search get | keyword category date limit country | headline:title:标题 source:word:来源 published:date:发布日期
article | 文章 | search get rate | title author keyword year limit | title:title:标题 author:person:作者
book | 图书 | search order rate | title author year genre max_price | title:title:书名 author:person:作者 price:amount:价格
movie | 电影 | search rate book | title genre year rating city date | title:title:片名 director:person:导演 rating:decimal:评分
song | 歌曲 | play search rate | title artist genre year | song:title:歌曲 artist:person:歌手 length:time:时长
playlist | 歌单 | create play delete | name genre private tags | playlist_id:code:歌单号 songs:integer:歌曲数
concert | 音乐会 | search book | artist city date people max_price | concert:title:音乐会 venue:title:场馆 price:amount:票价
podcast | 播客 | search play subscribe | title keyword category duration | episode:title:单集 host:person:主持人
recipe | 菜谱 | search get rate | name ingredients duration people | recipe:title:菜谱 minutes:integer:分钟 calories:integer:热量
calories | 热量 | calculate | items weight age | calories:integer:热量 protein:decimal:蛋白质
workout | 锻炼 | create get update | name duration level frequency | workout_id:code:锻炼号 calories:integer:热量
body mass index | 体质指数 | calculate | weight height age | index:decimal:指数 group:word:分组
doctor appointment | 医生预约 | book cancel update | doctor date time customer note | appointment_id:code:预约号 clinic:title:诊所
pharmacy | 药店 | search order | location name quantity radius | pharmacy:title:药店 distance:decimal:距离
translation | 译文 | get | text source_language target_language | translation:text:译文
dictionary entry | 词条 | get search | keyword source_language target_language | meaning:text:释义 class:word:词类
route | 路线 | get calculate | origin destination mode time | distance:decimal:距离 minutes:integer:分钟
map | 地图 | get search | address latitude longitude radius | place:title:地点 postcode:code:邮编
parking space | 停车位 | search book cancel | location start_time duration max_price | space:code:车位 price:amount:价格
light | 灯 | start stop update | room color level | state:word:状态 power:integer:功率
thermostat | 恒温器 | update get | room temperature mode | current:decimal:当前温度 target:decimal:目标温度
smart device | 智能设备 | start stop get update | device room mode time | state:word:状态 battery:integer:电量
camera | 摄像头 | start stop get | device room duration notify | camera_id:code:摄像头号 saved_to:file:保存位置
support ticket | 支持工单 | create get update search | ticket_id title message priority email | ticket_id:code:工单号 agent:person:客服
user profile | 用户资料 | get update create delete | user_id name email phone age | user_id:code:用户编号 joined:date:注册日期
password | 密码 | create update | user_id size notify | password:code:密码 expires:date:到期日
survey | 调查 | create get send | title numbers due_date email | survey_id:code:调查号 answers:integer:回答数
course | 课程 | search book rate | title category level start_date | course:title:课程 teacher:person:教师
university | 大学 | search get | name country limit | university:title:大学 students:integer:学生数
job | 职位 | search get | title location min_price category limit | job:title:职位 company:title:公司 salary:amount:薪资
employee | 员工 | search create update | name email phone year | employee_id:code:员工号 team:word:团队
holiday | 假期 | get search | country year | holiday:title:假期 date:date:日期
time zone | 时区 | get convert | city time | zone:word:时区 local_time:time:当地时间
unit of measure | 计量单位 | convert | amount unit | result:amount:结果 symbol:word:符号
random number | 随机数 | create | numbers quantity limit | number:integer:数字
average | 平均值 | calculate | numbers | average:decimal:平均值 count:integer:个数
joke | 笑话 | get search rate | category keyword limit | joke:text:笑话
quote | 名言 | get search | author keyword limit | quote:text:名言 author:person:作者
game | 游戏 | search start rate | title genre level people | game:title:游戏 score:integer:得分
sports match | 体育比赛 | get search | name date category country | teams:title:球队 score:word:比分
horoscope | 星座运势 | get | name date | text:text:运势 lucky_number:integer:幸运数字
plant | 植物 | search get | name room level | plant:title:植物 water_every:integer:浇水间隔
pet | 宠物 | search create update | name age color weight | pet_id:code:宠物号 owner:person:主人
garden tool | 园艺工具 | order search | name size quantity price | tool:title:工具 price:amount:价格
backup | 备份 | create get delete | folder frequency notify | backup_id:code:备份号 size:integer:大小
server | 服务器 | start stop get create | name size location | ip:code:地址 state:word:状态
"""

_HELDOUT_THINGS = """
ship | 船舶 | dispatch inspect register | harbour crew_count cargo departure_hour insured | vessel:title:船名 berth:code:泊位 draught:decimal:吃水
museum exhibit | 博物馆展品 | register inspect archive | exhibit curator floor founded insured | exhibit_no:code:展品编号 hall:word:展厅
greenhouse | 温室 | inspect schedule | species soil humidity_target planting_day region | yield_kg:decimal:产量 seedlings:integer:幼苗数
vehicle licence | 车辆牌照 | renew verify register | licence_plate owner expiry fuel fee | licence_no:code:牌照号 valid_until:date:有效期
sensor | 传感器 | inspect assign verify | sensor_code floor voltage remark | reading:decimal:读数 checked_on:date:检查日期
mine | 矿井 | inspect archive | permit depth inspector severity | gas_level:decimal:气体浓度 shaft:code:井筒
warehouse shelf | 仓库货架 | assign inspect | shelf batch lane fragile copies | slot:code:货位 free_space:integer:空余
press release | 新闻稿 | publish approve archive | project_label document contact_mail expiry | release_no:code:稿件号 readers:integer:读者数
permit | 许可证 | renew approve verify | permit owner expiry fee | stamp:code:印章 office:title:办公室
shift plan | 排班 | publish schedule approve | shift members region planting_day | plan_no:code:排班号 hours:integer:小时数
safety incident | 安全事故 | register archive inspect | severity inspector remark lane | case_no:code:案件号 reviewer:person:复核人
archive copy | 档案副本 | dispatch verify | document copies shelf curator | copy_no:code:副本号 archive_room:word:档案室
power line | 输电线 | inspect schedule | voltage region inspector departure_hour | load:decimal:负载 pylon:code:塔号
research grant | 科研经费 | approve register assign | project_label fee members founded | grant_no:code:经费号 sponsor:title:资助方
aquarium | 水族馆 | inspect assign | species depth floor remark | tank:code:水箱 fish_count:integer:鱼数
data portal | 数据门户 | publish verify | portal rows_wanted owner document | dataset:word:数据集 checksum:code:校验码
"""

_TRAIN_VERBS = """
get fetch query lookup check show | get; look up; check; find out; show me; tell me | 查询; 查一下; 看看; 获取; 告诉我; 查看
search find list | search for; find; look for; list | 搜索; 查找; 找一下; 列出; 搜一下
create add new make set | create; add; set up; make | 创建; 新建; 添加; 设置
book reserve | book; reserve | 预订; 预约; 订
cancel | cancel; call off | 取消
delete remove | delete; remove | 删除; 删掉
update change edit modify | update; change; modify; edit | 更新; 修改; 更改
send | send; send out | 发送; 发
convert | convert; turn | 转换; 换算
calculate compute estimate | calculate; compute; work out; estimate | 计算; 算一下; 估算
track monitor follow | track; follow; monitor | 追踪; 跟踪; 关注
rate review | rate; review | 评价; 给出评分
start enable turn_on | start; turn on; switch on | 启动; 打开; 开启
stop disable turn_off | stop; turn off; switch off | 停止; 关闭; 关掉
order buy | order; buy | 订购; 购买; 买
play | play; put on | 播放; 放
subscribe | subscribe to; follow | 订阅
"""

_HELDOUT_VERBS = """
dispatch | dispatch | 派送; 派遣
inspect | inspect | 检验; 检查
register | register | 登记; 注册
archive | archive | 归档
renew | renew | 续期
verify | verify | 核验
schedule | schedule | 安排
assign | assign | 分配
publish | publish | 发布
approve | approve | 批准
"""

PARAMETERS: dict[Split, dict[str, ParameterEntry]] = {
    "train": _parameters(_TRAIN_PARAMETERS),
    "heldout": _parameters(_HELDOUT_PARAMETERS),
}
THINGS: dict[Split, tuple[ThingEntry, ...]] = {"train": _things(_TRAIN_THINGS), "heldout": _things(_HELDOUT_THINGS)}
VERBS: dict[Split, dict[str, VerbEntry]] = {"train": _verbs(_TRAIN_VERBS), "heldout": _verbs(_HELDOUT_VERBS)}

# Words of invented tools: (English, Chinese) heads of parameter names, each with the kinds of value that suit it.
INVENTED_HEADS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("code", "代码", ("code",)),
    ("id", "编号", ("code", "integer")),
    ("name", "名称", ("title", "word", "person")),
    ("date", "日期", ("date",)),
    ("time", "时间", ("time",)),
    ("count", "数量", ("count", "integer")),
    ("number", "号码", ("integer", "code")),
    ("value", "值", ("amount", "decimal", "word")),
    ("level", "级别", ("small", "word")),
    ("rate", "比率", ("amount", "decimal")),
    ("text", "文字", ("text", "title")),
    ("label", "标签", ("word", "title")),
    ("place", "地方", ("city", "address", "word")),
    ("person", "人员", ("person",)),
    ("mail", "邮件", ("email",)),
    ("link", "链接", ("url",)),
    ("path", "路径", ("file",)),
    ("type", "类型", ("enum", "word")),
    ("mode", "方式", ("enum",)),
    ("group", "组别", ("enum", "word")),
    ("list", "列表", ("list:word", "list:person", "list:integer", "list:city")),
    ("flag", "开关", ("flag",)),
    ("size", "大小", ("amount", "integer")),
    ("key", "键", ("word", "code")),
    ("formula", "公式", ("expression",)),
    ("range", "范围", ("pair:integer", "pair:amount", "pair:date")),
)

NUM_PLAIN_HEADS = 24  # those before "formula", which plain tools are made of
LANGUAGES: tuple[Language, ...] = ("en", "zh")
