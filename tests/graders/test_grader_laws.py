"""Laws of grading: a formula is arithmetic, a likeness is a share, and no JSON brings the server down."""

import contextlib
import math
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from drytune_simulator.grading import Formula, FormulaError
from drytune_simulator.grading.similarity import similarity

METRICS = ["fuzzy_match", "bleu", "gleu", "meteor", *(f"rouge_{n}" for n in range(1, 6)), "rouge_l"]
NAMES = ("a", "b_2", "min")
WORDS = st.lists(st.sampled_from(["the", "cat", "sat", "on", "mat", "dogs", "running", "42"]), max_size=12)

leaves = (
    st.sampled_from(NAMES) | st.floats(0, 1e6).map(lambda number: f"{number!r}") | st.integers(0, 99).map(str)
)
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" + ", "-", "*", " /", "^"]), inner).map("".join),
        inner.map("({})".format),
        st.tuples(st.sampled_from("-+"), inner).map("".join),
        st.tuples(st.sampled_from(["abs", "floor", "ceil", "exp", "sqrt", "log"]), inner).map(
            "{0[0]}({0[1]})".format
        ),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map("{0[0]}({0[1]}, {0[2]})".format),
    ),
    max_leaves=12,
)


class Python:
    """The functions as Python has them, of floats."""

    abs, exp, sqrt, log = abs, math.exp, math.sqrt, math.log
    min, max = min, max

    @staticmethod
    def floor(number):
        return float(math.floor(number))

    @staticmethod
    def ceil(number):
        return float(math.ceil(number))


def by_python(text, values):
    """What Python makes of a formula; None where it makes no number of it."""
    functions = {
        name: getattr(Python, name) for name in ("abs", "exp", "sqrt", "log", "min", "max", "floor", "ceil")
    }
    # a grader may be called like a function
    source = re.sub(r"\bmin\b(?!\()", "a_min", text).replace("^", "**")
    source = re.sub(r"(?<![\w.])\d+\.?\d*(e[+-]?\d+)?", lambda match: repr(float(match[0])), source)
    names = {("a_min" if name == "min" else name): value for name, value in values.items()}
    try:
        result = eval(source, {"__builtins__": {}}, {**functions, **names})
    except (ArithmeticError, ValueError, TypeError):
        return None
    return result if isinstance(result, float) and math.isfinite(result) else None


@given(expressions, st.tuples(*(st.floats(-10, 10) for _ in NAMES)))
def test_a_formula_is_pythons_arithmetic(text, numbers):
    """With ``^`` for ``**``; what is no real, finite number there is an error here."""
    values = dict(zip(NAMES, numbers, strict=True))
    expected = by_python(text, values)
    formula = Formula(text)
    assert set(formula.names) <= set(NAMES)
    if expected is None:
        with pytest.raises(FormulaError):
            formula(values)
    else:
        assert formula(values) == pytest.approx(expected, rel=1e-12, abs=1e-300)


@given(st.text() | st.text(alphabet="0123456789.eE+-*/^(), abminx"))
def test_any_text_is_a_formula_or_an_error(text):
    """Nothing else is raised, and what comes out is finite."""
    with contextlib.suppress(FormulaError):
        formula = Formula(text)
        assert math.isfinite(formula(dict.fromkeys(formula.names, 0.5)))


@pytest.mark.parametrize(
    "text",
    ["(" * 4000 + "1" + ")" * 4000, "2^" * 4000 + "1", "-" * 9999 + "1", "1+" * 4999 + "1", "1" * 20_000],
)
def test_a_formula_is_bounded(text):
    """Long sums are calculated; what is deep or longer than 10,000 characters is refused at once."""
    try:
        assert math.isfinite(Formula(text)({}))
        said = ""
    except FormulaError as error:
        said = str(error)
    assert said == "" or re.search("deeper than 50 levels|at most 10000 are read|cannot be calculated", said)


@pytest.mark.parametrize("metric", METRICS)
@given(text=st.text(max_size=60) | WORDS.map(" ".join), reference=st.text(max_size=60) | WORDS.map(" ".join))
def test_a_likeness_is_from_0_to_1(metric, text, reference):
    """Whatever the texts are."""
    assert 0.0 <= similarity(metric, text, reference) <= 1.0


@pytest.mark.parametrize("metric", METRICS)
@given(WORDS)
def test_identical_texts_are_alike(metric, words):
    """Wholly so: as far as a text has n words, and but for METEOR's penalty on one chunk of many words."""
    n = int(metric[-1]) if metric[-1].isdigit() else 1
    assume(len(words) >= n)
    text = " ".join(words)
    expected = 1 - 0.5 / len(words) ** 3 if metric == "meteor" else 1.0
    assert similarity(metric, text, text) == pytest.approx(expected)


@given(WORDS, WORDS)
def test_the_fast_rouge_l_is_rouge_scores(left, right):
    """The longest common subsequence is found another way, with the same result."""
    text, reference = " ".join(left), " ".join(right)
    expected = RougeScorer(["rougeL"]).score(reference, text)["rougeL"].fmeasure
    assert similarity("rouge_l", text, reference) == pytest.approx(expected)


def test_likeness_of_the_guides_example():
    """As recorded of the platform's own sandbox, where the guide's example was run with the same function."""
    expected = 0.7555555555555555
    assert similarity("fuzzy_match", "fuzzy wuzzy was a bear", "fuzzy wuzzy had no hair") == expected


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
templates = st.lists(
    st.sampled_from(
        ["{{", "}}", "item", "sample", ".", "output_json", "output_text", "[0]", "['a']", "a", " ", "é"]
    ),
    max_size=8,
).map("".join)
fields = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string_check", "text_similarity", "python", "score_model"]) | json_values,
        "name": st.text(max_size=5) | json_values,
        "input": templates | json_values,
        "reference": templates | json_values,
        "operation": st.sampled_from(["eq", "ne", "like", "ilike"]) | json_values,
        "evaluation_metric": st.sampled_from(METRICS) | json_values,
        "source": json_values,
        "range": json_values,
    },
)
multis = st.fixed_dictionaries(
    {"type": st.just("multi"), "graders": fields | st.dictionaries(st.sampled_from("ab"), fields) | json_values,
     "calculate_output": st.text(alphabet="ab+*/^(). 01", max_size=9) | json_values},
)  # fmt: skip


@pytest.mark.parametrize("operation", ["run", "validate"])
@given(
    body=st.fixed_dictionaries(
        {"grader": fields | multis | json_values},
        optional={
            "model_sample": st.text() | json_values,
            "item": st.dictionaries(st.sampled_from("ab"), json_values),
        },
    )
)
def test_no_json_brings_the_server_down(post, operation, body):
    """It is graded, refused, or said to be beyond drytune; a reward is a finite number."""
    status, answer, _ = post(operation, body)
    assert status in {200, 400} or answer["error"]["type"] == "drytune_not_simulated"
    if status == 200 and operation == "run":
        assert math.isfinite(answer["reward"])
