"""Whether a request was answered at all, and whether it is asked for ever: what the kit does not let pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from drytune.testing.unanswered import Endless, NoWayOut, Unanswered
from drytune_simulator import Request, Response
from drytune_simulator.http import ApiError
from drytune_simulator.journal_entry import Hider
from drytune_simulator.layers import FAULT, LAYER
from drytune_simulator.routes import match

if TYPE_CHECKING:
    from drytune_simulator.scripts import Scripts

__all__ = ["Judge"]

_NO_ROUTE: Final = frozenset({307, 404, 405})
_NOT_HERE: Final = 501
_MODELS_ANSWER: Final = frozenset({"/v1/chat/completions", "/v1/responses", "/v1/completions"})
_UNKNOWN: Final = frozenset({400, 404})
"""What is said to a question to a model that is not here, by the one door or the other."""
_BAD_SCRIPT: Final = "drytune_script"
_STRICT: Final = "To take what the platform says as the answer: @pytest.mark.openai_simulator(strict=False)."


class Judge:
    """Looks at each answer.

    Args:
        where: Tells the test's name; empty if nobody knows it.
        patience: How often the same may be asked when its answer stays the same and nothing else happens.

    Attributes:
        scripts: Those of the simulator that answers, if one does.
    """

    def __init__(self, where: Callable[[], str], patience: int) -> None:
        self._name = where
        self._patience = patience
        self._hider = Hider()
        self._same: dict[str, tuple[bytes | None, int]] = {}
        self.scripts: Scripts | None = None

    @property
    def _where(self) -> str:
        return self._name()

    def problem(self, request: Request, response: Response, host: str) -> NoWayOut | None:
        """What is wrong with an exchange, if anything is.

        Args:
            request: What was asked.
            response: What was answered.
            host: Where, as a URL's beginning.
        """
        if (
            response.status == _NOT_HERE
            or response.status in _NO_ROUTE
            or _is_base(request, response)
            or _knows_no_model(request, response)
        ):
            why = self._unanswered(request, response)
            if why is not None:
                return self._told(Unanswered, request, host, "nothing answers it", why)
        if request.method != "GET":
            self._same.clear()  # something was done: the next look may show something else
            return None
        return self._endless(request, response, host)

    def _unanswered(self, request: Request, response: Response) -> str | None:
        """Why nothing answered; None if it was an answer."""
        layer = response.headers.get(LAYER)
        if layer == FAULT[LAYER] or (layer == "scripted" and _error(response).get("type") != _BAD_SCRIPT):
            return None  # somebody wants it so
        if response.status == _NOT_HERE:
            record = " To record it: pytest --drytune-record." if layer == "recorded" else ""
            return f"{_said(response)}{record} {_STRICT}"
        if _knows_no_model(request, response):
            return self._nameless(request, response)
        if response.status in _NO_ROUTE:
            try:
                match(request)
            except ApiError as refusal:
                hint = f" ({refusal.reason})" if refusal.reason else ""
                return f"{refusal.message}{hint} `drytune routes` lists what is simulated. {_STRICT}"
            return None
        return _no_model(request)

    def _nameless(self, request: Request, response: Response) -> str | None:
        """Why a model that is not here leaves a question open: a script fits, but makes no model exist."""
        from drytune.testing.nameless import nameless_script

        model = _model_of(request)
        label = nameless_script(self.scripts, request) if self.scripts is not None and model else None
        if label is None:
            return None  # the platform's answer
        return (
            f"{_said(response)} {label} fits, but the model {model} is not here; name it: "
            f"on_chat(model={model!r}). {_STRICT}"
        )

    def _endless(self, request: Request, response: Response, host: str) -> NoWayOut | None:
        if not isinstance(response.body, bytes):
            return None
        before, count = self._same.get(request.target, (None, 0))
        if before is not None and before != response.body:
            self._same.clear()  # it moves
            count = 0
        self._same[request.target] = (response.body, count + 1)
        if count < self._patience:
            return None
        why = (
            f"its answer has stayed the same {count} times, and nothing else was done: the loop that asks it does "
            "not see that it is over, or waits for what does not come. If it is to go on so long: "
            "@pytest.mark.openai_simulator(patience=…)."
        )
        return self._told(Endless, request, host, "has asked it over and over", why)

    def _told(self, kind: type[NoWayOut], request: Request, host: str, what: str, why: str) -> NoWayOut:
        url = self._hider.path(host + request.path)
        who = self._where or "this program"
        joined = (
            f"{who} has asked {request.method} {url} over and over:"
            if kind is Endless
            else (f"{who} asked {request.method} {url}, and {what}:")
        )
        return kind(self._hider.text(f"{joined} {why}"), where=self._where, url=url)


def _is_base(request: Request, response: Response) -> bool:
    return response.headers.get(LAYER) == "base" and request.path in _MODELS_ANSWER


def _knows_no_model(request: Request, response: Response) -> bool:
    """Whether a model that nobody knows is refused; one that is shut down, or not yet there, is known."""
    if response.status not in _UNKNOWN or request.path not in _MODELS_ANSWER:
        return False
    reason = response.headers.get("x-drytune-reason") or ""
    return _error(response).get("code") == "model_not_found" and not reason.startswith("as of ")


def _error(response: Response) -> dict[str, Any]:
    """What an error tells; empty if the answer is none."""
    try:
        told = msgspec.json.decode(response.body if isinstance(response.body, bytes) else b"")
        return dict(told["error"])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return {}


def _said(response: Response) -> str:
    """The sentence of an error."""
    return f"{str(_error(response).get('message', f'the answer is {response.status}')).rstrip('.')}."


def _model_of(request: Request) -> str | None:
    try:
        asked = msgspec.json.decode(request.body)
    except msgspec.DecodeError:
        return None
    model = asked.get("model") if isinstance(asked, dict) else None
    return model if isinstance(model, str) else None


def _no_model(request: Request) -> str:
    name = _model_of(request) or "the model"
    taught = "was taught nothing like this question" if name.startswith("ft:") else "was not fine-tuned here"
    return (
        f"{name} {taught}, and no script answers instead. Write down what it is to say: "
        f"openai_simulator.on_chat(model={name!r}).reply('…'). {_STRICT}"
    )
