"""Generated datasets: English, Japanese and code in equal parts, tools in a third of the rows; always the same."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

_ENGLISH = """
account address answer approve archive arrive attach available balance before behind branch bring budget build
button calendar cancel carry change charge check choose clear close code collect color column compare complete
confirm contact copy correct cost count create current customer daily damage date deliver deposit describe
detail device discount document double download draft early edit email empty enable enter error estimate event
every example exchange expect explain express extra family fast field file final find finish first follow
format forward free friday friend full garden general gift give good group grow guide half hand happen head
heavy help high history hold holiday hour house image important improve include increase inform inside install
instead invoice item january join keep kind label language large last late learn leave letter level light
limit line list little local long look lower machine mail main make many march market match meeting member
message method middle minute mobile model monday money month morning move name near need network never new
next night normal note notice number offer office often older open option order other outside overview own
package page paper parcel part pass payment people period person phone photo pick piece place plan point
policy possible post prefer prepare present press price print private problem process product profile project
promise proof public pull purchase quality quarter question quick quiet quote rain range rate reach read ready
reason receipt receive recent record reduce refund region regular reject relate release remember remove rent
repair repeat replace reply report request reserve return review right room round route rule safe same sample
save schedule school screen search season seat second section secure select sell send serve service settle
share ship short show side sign similar simple single size small soon sort source space special speed spring
staff stage standard start state station stay step still stock stop store street strong subject submit summer
sunday supply support sure switch system table take talk task tax team tell term test text thank ticket time
today together tool total touch town track trade train transfer travel trial trip true trust try turn type
under unit until update upper urgent use usual value version view visit voice wait walk wall want warm
warranty watch water week weight welcome while wide window winter wish within without word work world write
wrong year yellow yesterday young
"""
_JAPANESE = """
お問い合わせ ありがとう ございます ご注文 の商品は 本日 発送 いたしました 配送 状況を 確認 できます
返品 を希望 される 場合は 三十日 以内に ご連絡 ください 在庫が 少なく なって います 明日の 朝
までに お届け します 請求書 を添付 しました 設定 画面から 変更 できます パスワードを 忘れた ときは
再発行 してください 天気は 晴れ ときどき 曇り です 東京 大阪 札幌 の支店で 受け取れます 会議は
午後 三時 から始まります 資料を 読んで おいて 旅行の 予約 を取り消す 手数料が かかる ことがあります
猫が 庭で 遊んで います 新しい 製品の 説明 をお願い 致します 料金 プランは 四つ あります 詳しくは
こちら をご覧 くださいませ
"""
ENGLISH, JAPANESE = _ENGLISH.split(), _JAPANESE.split()
CODE = (
    """def {a}_{b}({c}: int, {d}: str = "{e}") -> list[str]:
    # Return the {b} of each {c}.
    result = []
    for index in range({c}):
        if index % {n} == 0:
            result.append(f"{{{d}}}: {{index}}")
    return result
""",
    """class {A}{B}:
    def __init__(self, {c}: dict[str, float]) -> None:
        self._{c} = {c}

    def {d}(self) -> float:
        return sum(self._{c}.values()) / {n}
""",
    "SELECT {a}, COUNT(*) AS {b} FROM {c} WHERE {d} > {n} GROUP BY {a} ORDER BY {b} DESC LIMIT {n};\n",
    """const {a} = async ({b}) => {{
  const {c} = await fetch(`/{d}/${{{b}}}`);
  if (!{c}.ok) throw new Error("{e}");
  return {c}.json();
}};
""",
)
SYSTEM = "You are the assistant of a shop. Answer briefly, in the language of the question. Make up no order."


def rows(seed: int = 0) -> Iterator[bytes]:
    """Endless rows of 0.5 to 5 KB; the third of every three has tools, a call, its answer and a reply."""
    chance = random.Random(seed)
    tools = [_tools(chance, number) for number in range(8)]
    number = 0
    while True:
        user, reply = _text(chance, number, 20, 90), _text(chance, number + chance.randrange(2), 40, 220)
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": user}]
        example = {"messages": messages}
        if number % 3 == 2:
            offered = chance.choice(tools)
            name = offered[0]["function"]["name"]
            arguments = json.dumps(
                {"item": _words(chance, 2), "count": chance.randrange(100)}, ensure_ascii=False
            )
            identity = f"call_{chance.getrandbits(64):016x}"
            function = {"name": name, "arguments": arguments}
            messages += [
                {"role": "assistant", "content": None,
                 "tool_calls": [{"id": identity, "type": "function", "function": function}]},
                {"role": "tool", "tool_call_id": identity, "content": json.dumps({"state": _words(chance, 6)})},
            ]  # fmt: skip
            example["tools"] = offered
        messages.append({"role": "assistant", "content": reply})
        yield json.dumps(example, ensure_ascii=False).encode() + b"\n"
        number += 1


def _text(chance: random.Random, number: int, least: int, most: int) -> str:
    size = chance.randrange(least, most)
    if number % 3 == 0:
        return ". ".join(_words(chance, 12).capitalize() for _ in range(1 + size // 12)) + "."
    if number % 3 == 1:
        return "。".join("".join(chance.choices(JAPANESE, k=7)) for _ in range(1 + size // 10)) + "。"
    return (
        "```\n"
        + "\n".join(_code(chance) for _ in range(1 + size // 50))
        + "```\n"
        + _words(chance, size // 3)
    )


def _words(chance: random.Random, number: int) -> str:
    return " ".join(chance.choices(ENGLISH, k=number))


def _code(chance: random.Random) -> str:
    names = dict(zip("abcde", chance.sample(ENGLISH, 5), strict=True))
    return chance.choice(CODE).format(
        A=names["a"].title(), B=names["b"].title(), n=chance.randrange(2, 99), **names
    )


def _tools(chance: random.Random, number: int) -> list[dict[str, object]]:
    parameters = {
        "type": "object",
        "properties": {
            "item": {"type": "string", "description": "What the user asks for, in their own words."},
            "count": {"type": "integer", "description": "How many of them."},
            "unit": {
                "type": "string",
                "enum": ["piece", "box", "pallet"],
                "description": "How they are packed.",
            },
        },
        "required": ["item", "count"],
        "additionalProperties": False,
    }
    functions = [
        {
            "name": f"{verb}_{chance.choice(ENGLISH)}_{number}",
            "description": f"{_words(chance, 9).capitalize()}.",
            "parameters": parameters,
        }
        for verb in ("find", "order")
    ]
    return [{"type": "function", "function": function} for function in functions]


def dataset(megabytes: float) -> bytes:
    """Rows until so many megabytes (of a million bytes) are full."""
    parts, size = [], 0
    for row in rows():
        if size >= megabytes * 1e6:
            return b"".join(parts)
        parts.append(row)
        size += len(row)
    raise AssertionError("rows are endless")


def write_dataset(path: Path, megabytes: float) -> None:
    """The same into a file, for sizes that memory should not hold."""
    size = 0
    with path.open("wb") as file:
        for row in rows():
            if size >= megabytes * 1e6:
                return
            file.write(row)
            size += len(row)
