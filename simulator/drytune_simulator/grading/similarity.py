"""How alike two texts are, from 0 to 1, by the metrics that the platform names (guide "Graders", O).

The guide names the metrics, and the library of one, ``rapidfuzz``; parameters are not published. Ours, grade I:

| metric        | calculated as                                                                                |
|---------------|----------------------------------------------------------------------------------------------|
| `fuzzy_match` | rapidfuzz's `WRatio` of lower-case texts without punctuation, as in the guide's own example   |
| `bleu`        | NLTK's sentence BLEU of up to four tokens, smoothed a little (method 1), so seldom 0         |
| `gleu`        | NLTK's sentence GLEU of up to four tokens                                                    |
| `meteor`      | NLTK's METEOR by words and stems, without synonyms, which would have to be downloaded        |
| `rouge_1`…`5` | rouge-score's F-measure; it reads the letters a to z and digits only                         |
| `rouge_l`     | the same of the longest common subsequence                                                   |

Tokens of BLEU, GLEU and METEOR are those of NLTK's word tokenizer. Empty texts are like nothing: 0.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final

__all__ = ["MissingLibraryError", "TooMuchError", "similarity"]

_MOST_WORK: Final = 10**11
"""Bounds the search for the best part of a long text, which takes longer² times shorter: about a second."""

_PART_RATIO: Final = 1.5
"""How many times longer one text is when `WRatio` begins to search for the best part of it."""


class MissingLibraryError(Exception):
    """A library of the extra ``drytune[graders]`` is not installed; the text names it."""


class TooMuchError(ValueError):
    """Two texts that it would take too long to compare."""


def similarity(metric: str, text: str, reference: str) -> float:
    """How like `reference` a text is.

    Args:
        metric: ``fuzzy_match``, ``bleu``, ``gleu``, ``meteor``, ``rouge_1`` … ``rouge_5`` or ``rouge_l``.
        text: What is graded, at most `templates.LONGEST` characters.
        reference: What it is graded against, likewise.

    Raises:
        KeyError: There is no such metric.
        MissingLibraryError: The extra is not installed.
        TooMuchError: ``fuzzy_match`` of a long text with one that is much longer.
    """
    return min(1.0, max(0.0, float(_METRICS[metric](text, reference))))


def _library(name: str) -> Any:
    """A module of the extra, imported only when somebody grades with it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingLibraryError(name.partition(".")[0]) from error


def _fuzzy(text: str, reference: str) -> float:
    fuzz, utils = _library("rapidfuzz.fuzz"), _library("rapidfuzz.utils")
    if text == reference:
        return 1.0 if text else 0.0  # also where nothing but punctuation is alike
    processed = utils.default_process(text), utils.default_process(reference)
    short, long = sorted(map(len, processed))
    if long > _PART_RATIO * short and long**2 * short > _MOST_WORK:
        raise TooMuchError
    return float(fuzz.WRatio(*processed)) / 100


def _tokens(text: str) -> list[str]:
    tokens: list[str] = _library("nltk.tokenize.destructive").NLTKWordTokenizer().tokenize(text)
    return tokens


def _bleu(text: str, reference: str) -> float:
    bleu = _library("nltk.translate.bleu_score")
    smoothing = bleu.SmoothingFunction().method1
    score = bleu.sentence_bleu(
        [_tokens(reference)], _tokens(text), smoothing_function=smoothing, auto_reweigh=True
    )
    return float(score)


def _gleu(text: str, reference: str) -> float:
    return float(_library("nltk.translate.gleu_score").sentence_gleu([_tokens(reference)], _tokens(text)))


class _NoSynonyms:
    """Stands for WordNet, which would have to be downloaded."""

    def synsets(self, _word: str) -> tuple[()]:
        return ()


def _meteor(text: str, reference: str) -> float:
    meteor = _library("nltk.translate.meteor_score")
    return float(meteor.single_meteor_score(_tokens(reference), _tokens(text), wordnet=_NoSynonyms()))


def _rouge_n(n: int) -> Callable[[str, str], float]:
    def score(text: str, reference: str) -> float:
        scorer = _library("rouge_score.rouge_scorer").RougeScorer([f"rouge{n}"])
        return float(scorer.score(reference, text)[f"rouge{n}"].fmeasure)

    return score


def _rouge_l(text: str, reference: str) -> float:
    """As rouge-score has it, with a faster search for the common subsequence: its own takes minutes."""
    tokenizer = _library("rouge_score.tokenizers").DefaultTokenizer(use_stemmer=False)
    given, wanted = tokenizer.tokenize(text), tokenizer.tokenize(reference)
    common = int(_library("rapidfuzz.distance.LCSseq").similarity(wanted, given))
    return 2 * common / (len(given) + len(wanted)) if common else 0.0


_METRICS: Final[dict[str, Callable[[str, str], float]]] = {
    "fuzzy_match": _fuzzy,
    "bleu": _bleu,
    "gleu": _gleu,
    "meteor": _meteor,
    **{f"rouge_{n}": _rouge_n(n) for n in range(1, 6)},
    "rouge_l": _rouge_l,
}
