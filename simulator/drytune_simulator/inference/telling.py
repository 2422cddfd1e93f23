"""Whether two texts have anything to do with each other: what tells of their matter, and not of their grammar.

"What is the capital of France?" and "What is your refund policy?" share half of their n-grams, and nothing else.
Compared here are the words that a text could not be without: of scripts with small and capital letters their
beginnings, so that their endings do not count; of others short n-grams, because they write no spaces or add
endings to every word. Digits do not count: they say how many of it, not what.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Final

from drytune_simulator.inference.likeness import likeness

__all__ = ["related", "telling"]

_LEAST: Final = 0.12
"""Texts that share less of what they tell have nothing to do with each other. Measured: of 40 questions about
anything, none in English and three in Japanese share more with the files in examples/."""
_ALIKE: Final = 0.5
"""Texts that tell nothing ("How are you?") are compared by all their n-grams, and have to be so like."""
_NEARLY_THE_SAME: Final = 0.65
"""And those that are so like are related, whatever they tell: a misspelt word shares no beginning."""
_STEM: Final = 5
_ENDINGS: Final = ("ing", "ed", "s")

_WORDS: Final = """
    a about after again all also am an and any anyone anything are as ask at be been before being best better but
    by can cannot could day did do does doing done each else ever every explain few first for from get gets getting
    give given gives go goes going good got great had has have having he hello help helped helpful helps her here
    hers hey hi him his how if in into is it its just keep kind know last let like little long lot made make makes
    making many may maybe me mean meaning means might mine more most much must my
    need needs never new next no not now of off often okay on once one only
    or other our out over people please possible put question quite read really right same
    say see shall she should show since so some somebody someone something soon still such sure take takes taking
    tell than thank thanks that the their them then there these they thing things think this those through time to
    today too try two up upon us use used using very want wants was way we well were what when where whether which
    while who whom whose why will wish with without work works would write year years yes yet you your yours
    aren couldn didn doesn don hadn hasn haven isn ll re shouldn ve wasn weren won wouldn difference different
    der die das den dem des ein eine einen einem einer und oder aber ist sind war hat habe haben wird werden was
    wer wo wann warum wie ich du er sie es wir ihr mir mich dir sich mein meine nicht kein keine mit von zu zum zur
    im am auf für bei bitte kann können möchte gibt
    le la les un une du de et ou est sont ai ont que qui quoi comment pourquoi quand où je tu il elle nous vous ils
    mon ma mes votre ne pas pour avec dans sur par peut puis puisse peux quel quelle quels quelles ce cette est
    el los las uno una unos y o es son qué que cómo como por para con en mi tu su se lo al del dónde cuándo puedo
    quiero hay está cuál
    os um uma e ou é são com em meu minha não onde quando posso qual
    il lo gli di che chi cosa come perché dove sono ho un uno mio mia non per posso
"""
"""Words that any text may have, in English; the most frequent ones in German, French, Spanish, Portuguese and
Italian."""
_PHRASES: Final = """
    ですか ますか ますが ましたか ください くださいね ています ていますか ました ません でしょうか てほしい という
    について どうして どうすれば どうやって なのですか なんですか だよね ありますか できますか していて のですか
    ではない なければ ならない したい です ます しました されて どこですか いつですか えてください してください
    せてください しました だったら なのに してる ている
"""
_SIGNS: Final = frozenset("教何方今日人一二三四五六七八九十番分私僕君事時中上下大小年月書言見行来出入会的")
"""Of Japanese and Chinese, what alone says little; two of them together do."""
_MONTHS: Final = "january february march april june july august september october november december"
_PIECE: Final = re.compile(
    r"\d{1,2}:\d\d|[\u3040-\u309f]+|[\u30a0-\u30ff]+|[\u3400-\u9fff\uf900-\ufaff々]+"
    r"|[^\W\d_\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff々]+"
)


def _slices(text: str, size: int) -> set[str]:
    return {text[start : start + size] for start in range(len(text) - size + 1)}


_PLAIN: Final = frozenset(_WORDS.split())
_IN_A_YEAR: Final = frozenset(_MONTHS.split())
_COMMON: Final = frozenset(gram for phrase in _PHRASES.split() for gram in _slices(phrase, 3))


@lru_cache(maxsize=512)
def telling(text: str) -> frozenset[str]:
    """What tells of the matter of a folded text."""
    found: set[str] = set()
    for match in _PIECE.finditer(text):
        piece = match[0]
        first = piece[0]
        if first.isdecimal():
            found.add("0:00")
        elif "\u3040" <= first <= "\u309f":
            found |= _slices(piece, 3) - _COMMON
        elif "\u3400" <= first <= "\u9fff" or "\uf900" <= first <= "\ufaff" or first == "々":
            found |= (set(piece) - _SIGNS) | _slices(piece, 2)
        elif first.lower() == first.upper():  # katakana, hangul, arabic, thai
            found |= _slices(piece, 2)
        elif piece in _IN_A_YEAR:
            found.add("month")
        elif len(piece) > 1 and piece not in _PLAIN:
            found.add(_stem(piece))
    return frozenset(found)


def related(one: str, other: str) -> bool:
    """Whether two folded texts have anything to do with each other."""
    mine, theirs = telling(one), telling(other)
    if mine and theirs:
        shared = len(mine & theirs)
        if shared >= _LEAST * math.sqrt(len(mine) * len(theirs)) and shared:
            return True
        return likeness(one, other) >= _NEARLY_THE_SAME
    return likeness(one, other) >= (_NEARLY_THE_SAME if mine or theirs else _ALIKE)


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -len(ending)][:_STEM]
    return word[:_STEM]
