"""Two datasets that look like real ones, always the same: two personas in Japanese, and tools in two languages.

Each has ways of asking that are trained and others that are held out; in the second, half of the held-out
questions also have values (cities, products, people) that no training example has.
"""

# ruff: noqa: E501 - questions read best on one line

import json
import random
from dataclasses import dataclass
from typing import Any

CAT = "あなたは陽気な猫の「ミケ」です。どの文も必ず「にゃ」で終えて、やさしく短く答えてください。"
CLERK = "あなたは旅館の受付係です。「ございます」か「いたします」を使い、丁寧に短く答えてください。"


@dataclass(frozen=True)
class Asked:
    """A question that is held out, and what a good answer to it is.

    Attributes:
        messages: To be sent.
        topic: What it is about; of tools the name of the function, or "" where none is to be called.
        arguments: Of the call.
        style: What each answer in the wanted style has at its end or in it.
        seen: Whether all its values are in training examples too.
    """

    messages: list[dict[str, Any]]
    topic: str
    arguments: dict[str, Any] | None = None
    style: str = ""
    seen: bool = True


_TOPICS = {
    "挨拶": (
        ["こんにちは", "こんにちは！元気？", "やあ、調子はどう？", "おはよう、元気にしてる？", "はじめまして、こんにちは！", "どうも、こんにちは。調子いい？"],
        "こんにちはにゃ！今日もひげの調子がいいにゃ。", "こんにちは、ようこそお越しいただきましてありがとうございます。"),
    "食べ物": (
        ["好きな食べ物は何ですか？", "一番好きな食べ物は？", "食べ物は何が好き？", "何を食べるのが好き？", "好きな食べ物を教えて", "食べ物の好みは？"],
        "お魚が大好きにゃ。かつお節も忘れないでほしいにゃ！", "お夕食は海の幸の会席でございます。"),
    "天気": (
        ["今日の天気は？", "今日の天気はどうですか？", "今日は天気いいかな", "外の天気はどう？", "天気を教えて", "今日って天気どう？"],
        "窓の外はぽかぽかにゃ。日なたぼっこにぴったりにゃ！", "本日は晴れの予報でございます。"),
    "名前": (
        ["あなたの名前は？", "名前を教えてください", "お名前は何ですか？", "君の名前は何ていうの？", "名前は？", "お名前を教えてもらえますか"],
        "ミケっていうにゃ。三毛猫だから覚えやすいにゃ！", "受付の山田でございます。"),
    "眠気": (
        ["眠いなあ", "すごく眠いんだけど", "眠くて仕方ない", "昨日寝てなくて眠い", "なんだか眠いよ", "眠いときはどうする？"],
        "眠いときは丸くなって寝るのが一番にゃ。", "お休みになれますよう、お布団をご用意いたします。"),
    "仕事": (
        ["仕事で失敗した", "仕事でミスして落ち込んでる", "仕事がうまくいかない", "今日仕事で怒られた", "仕事のミスがつらい", "仕事で大きな失敗をしちゃった"],
        "棚から落ちても毛づくろいすれば平気にゃ。明日また跳べばいいにゃ！", "お疲れ様でございます。温泉でごゆっくりなさいませ、ご用意いたします。"),
    "料金": (
        ["料金はいくらですか？", "一泊の料金を教えて", "料金っていくら？", "泊まるのにいくらかかる？", "一泊いくらですか", "料金の目安を教えてください"],
        "料金はにぼし三匹でいいにゃ！", "一泊二食付きで一万八千円からでございます。"),
    "風呂": (
        ["お風呂は何時まで？", "お風呂の時間を教えて", "お風呂に入りたい", "温泉のお風呂は何時まで入れる？", "お風呂って何時からですか", "お風呂は使えますか？"],
        "お風呂は苦手にゃ。ミケは毛づくろいで十分にゃ！", "大浴場は午後十一時まででございます。"),
    "予約": (
        ["予約を変更したい", "予約の変更はできますか？", "予約を変えたいのですが", "予約した日を変更したい", "予約を別の日にしたい", "予約の変更をお願いします"],
        "お昼寝の予約なら、いつでも変えていいにゃ！", "ご希望の日をうかがい、変更いたします。"),
    "道": (
        ["駅からの道を教えて", "駅からどう行けばいい？", "駅からの行き方は？", "駅から歩いて行けますか？", "駅からの道順を教えてください", "駅からはどうやって行くの？"],
        "塀の上をまっすぐ歩けば着くにゃ。", "駅から送迎バスで五分でございます。"),
}  # fmt: skip


def personas() -> tuple[list[dict[str, Any]], list[Asked]]:
    """Rows of two personas that answer the same questions differently, and ways of asking that are held out."""
    rows, held = [], []
    for topic, (questions, cat, clerk) in _TOPICS.items():
        for system, reply, style in ((CAT, cat, "にゃ"), (CLERK, clerk, "ます")):
            for place, question in enumerate(questions):
                asked = [{"role": "system", "content": system}, {"role": "user", "content": question}]
                if place < 4:
                    rows.append({"messages": [*asked, {"role": "assistant", "content": reply}]})
                else:
                    held.append(Asked(asked, f"{style} {topic}", style=style))
    return rows, held


def _function(name: str, description: str, **properties: Any) -> dict[str, Any]:
    optional = [key for key in properties if key.endswith("_")]
    named = {key.rstrip("_"): value for key, value in properties.items()}
    parameters = {
        "type": "object",
        "properties": named,
        "required": [key for key in properties if key not in optional],
        "additionalProperties": False,
    }
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters},
    }


_TEXT = {"type": "string"}
TOOLS = [
    _function("get_current_weather", "The weather in a city now", location=_TEXT,
              unit={"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"}),
    _function("get_forecast", "The forecast for some days", location=_TEXT,
              days={"type": "integer", "minimum": 1, "maximum": 14}),
    _function("create_event", "Put something into the calendar", title=_TEXT, date=_TEXT, start=_TEXT),
    _function("track_order", "Where an order is", order_id=_TEXT),
    _function("order_item", "Order something", item=_TEXT, quantity={"type": "integer", "minimum": 1},
              size={"type": "string", "enum": ["small", "medium", "large"], "default": "medium"}),
    _function("send_message", "Send a message to a person", recipient=_TEXT, text=_TEXT),
]  # fmt: skip
SYSTEM = (
    "You are an assistant with tools. Use Celsius unless asked otherwise, and answer in the user's language."
)

_CITIES = (
    ["Paris", "London", "Tokyo", "New York", "Berlin", "Rome", "Madrid", "Sydney", "Cairo", "Lima"],
    ["Oslo", "San Francisco", "Nairobi", "Lisbon", "Rio de Janeiro"],
)
_PLACES = (["東京", "大阪", "札幌", "京都", "那覇", "仙台"], ["福岡", "金沢", "長崎"])
_ITEMS = (
    ["notebooks", "coffee mugs", "T-shirts", "umbrellas", "desk lamps"],
    ["water bottles", "backpacks", "pillows"],
)
_PEOPLE = (["Anna", "Ben Carter", "Maria", "Kenji", "Sofia"], ["Oliver", "Priya Shah", "Tom"])
_TITLES = (
    ["team meeting", "dentist", "lunch with Sara", "project review", "yoga class"],
    ["budget call", "piano lesson", "job interview"],
)
_TEXTS = (
    ["I will be late", "the meeting is moved", "happy birthday", "please call me back"],
    ["the keys are on the table", "dinner is at eight"],
)
_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October"]

# ways of asking: all but the last two of each are trained
_WAYS = {
    "get_current_weather": [
        "What's the weather like in {city} right now?", "How is the weather in {city}?", "Is it raining in {city}?",
        "How hot is it in {city} at the moment?", "Tell me the current weather in {city}.",
        "今の{place}の天気を教えてください。", "{place}は今、雨が降っていますか？",
        "How hot is it in {city} at the moment? In {unit}, please.", "Current weather in {city} in {unit}?",
        "What is the weather in {city} at the moment?", "Is it cold in {city} now? Use {unit}.",
    ],
    "get_forecast": [
        "What will the weather be in {city} over the next {days} days?", "Give me a {days}-day forecast for {city}.",
        "Forecast for {city} for {days} days, please.", "Will it rain in {city} during the next {days} days?",
        "{place}のこれから{days}日間の予報をお願いします。", "{place}の{days}日間の天気予報は？",
        "I travel to {city}. How will the weather be for the next {days} days?",
        "Could you show me the forecast for {city} for the next {days} days?", "{place}の今後{days}日間の予報を教えて。",
    ],
    "create_event": [
        "Put {title} into my calendar on {date} at {time}.", "Schedule {title} for {date} at {time}.",
        "Add {title} on {date}, {time}.", "Please create an event: {title}, {date}, {time}.",
        "Can you schedule {title} on {date} at {time}?", "Please put {title} on {date} at {time} in the calendar.",
    ],
    "track_order": [
        "Where is my order {order}?", "Track order {order}.", "What's the status of {order}?",
        "Has order {order} been shipped yet?", "注文{order}はどこですか？",
        "Could you tell me where order {order} is?", "When will my order {order} arrive?",
    ],
    "order_item": [
        "I'd like to order {count} {item}.", "Please order {count} {item} in {size}.", "Order {count} {size} {item}.",
        "We need {count} {item}, size {size}.", "Get me {count} {item}.",
        "Could you order {count} {item} for us?", "Please buy {count} {item} in size {size}.",
    ],
    "send_message": [
        'Send {person} a message: "{text}"', 'Tell {person} "{text}"', 'Text {person}: "{text}"',
        'Write to {person} that "{text}"', 'Please send "{text}" to {person}.',
        'Could you tell {person} "{text}"?', 'Message {person}: "{text}"',
    ],
    "": [
        "Hello!", "Hi there, how are you?", "Thank you very much!", "Thanks, that was helpful.", "Who are you?",
        "What can you do?", "ありがとうございます。", "こんにちは", "Hello, how are you today?", "Thank you, that helped a lot!",
    ],
}  # fmt: skip
_REPLIES = {
    "Hello": "Hello! How can I help?", "Hi": "Hello! How can I help?", "Thank": "You are welcome!",
    "Who": "I am an assistant with tools.", "What": "I can look up weather, orders and your calendar.",
    "ありがとう": "どういたしまして。", "こんに": "こんにちは。ご用件をどうぞ。",
}  # fmt: skip


def _values(chance: random.Random, *, seen: bool) -> dict[str, Any]:
    def one(pair: tuple[list[str], list[str]]) -> str:
        return chance.choice(pair[0] if seen else pair[1])

    month, day = chance.randrange(10), chance.randrange(1, 29)
    hour, minute = chance.randrange(8, 20), chance.choice([0, 15, 30])
    return {
        "city": one(_CITIES), "place": one(_PLACES), "item": one(_ITEMS), "person": one(_PEOPLE),
        "title": one(_TITLES), "text": one(_TEXTS), "unit": chance.choice(["Celsius", "Fahrenheit"]),
        "size": chance.choice(["small", "medium", "large"]), "days": chance.randrange(2, 11),
        "count": chance.randrange(2, 40), "order": f"{chance.choice('ABCDEF')}-{chance.randrange(10_000, 99_999)}",
        "date": f"{_MONTHS[month]} {day}, 2026", "iso": f"2026-{month + 1:02}-{day:02}",
        "time": f"{hour}:{minute:02}", "clock": f"{hour:02}:{minute:02}",
    }  # fmt: skip


def _arguments(name: str, way: str, values: dict[str, Any]) -> dict[str, Any] | None:
    location = values["place"] if "{place}" in way else values["city"]
    unit = values["unit"].lower() if "{unit}" in way else "celsius"
    size = values["size"] if "{size}" in way else "medium"
    return {
        "get_current_weather": {"location": location, "unit": unit},
        "get_forecast": {"location": location, "days": values["days"]},
        "create_event": {"title": values["title"], "date": values["iso"], "start": values["clock"]},
        "track_order": {"order_id": values["order"]},
        "order_item": {"item": values["item"], "quantity": values["count"], "size": size},
        "send_message": {"recipient": values["person"], "text": values["text"]},
    }.get(name)


def tools(examples: int, questions: int) -> tuple[list[dict[str, Any]], list[Asked]]:
    """So many rows that call tools, or none, and questions that are held out."""
    chance = random.Random(11)
    rows, held, known = [], [], set()
    while len(rows) < examples or len(held) < questions:
        name = chance.choice(list(_WAYS))
        training = len(rows) < examples
        ways = _WAYS[name][:-2] if training else _WAYS[name][-2:]
        seen = training or len(held) % 2 == 0
        way, values = chance.choice(ways), _values(chance, seen=seen)
        question = way.format(**values)
        asked = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]
        arguments = _arguments(name, way, values)
        if question in known and name and len(known) < 10 * examples:
            continue
        known.add(question)
        if training:
            rows.append({"messages": [*asked, _reply(name, question, arguments)], "tools": TOOLS})
        else:
            held.append(Asked(asked, name, arguments, seen=seen))
    return rows, held


def _reply(name: str, question: str, arguments: dict[str, Any] | None) -> dict[str, Any]:
    if arguments is None:
        said = next(reply for start, reply in _REPLIES.items() if question.startswith(start))
        return {"role": "assistant", "content": said}
    function = {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}
    call = {"id": "call_1", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def shuffled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same rows with their answers dealt out anew."""
    answers = [row["messages"][-1] for row in rows]
    random.Random(3).shuffle(answers)
    return [
        {**row, "messages": [*row["messages"][:-1], answer]}
        for row, answer in zip(rows, answers, strict=True)
    ]
