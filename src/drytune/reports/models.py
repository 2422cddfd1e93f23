"""The catalog on a terminal: a table, a line a model where a program reads it, or one model whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from rich.text import Text

from drytune.estimate import source_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from drytune.estimate import Offer
    from drytune_simulator.catalog import Price

__all__ = ["model_line", "print_model", "print_models"]

_STATES: Final = {
    "open": ("can be tuned", "green"),
    "closed": ("no new training", "yellow"),
    "not-yet": ("not yet", "dim"),
    "untunable": ("not tunable", "dim"),
    "dead": ("shut down", "red"),
    "unknown": ("of another vendor", "dim"),
}
_ACCESS: Final = {
    "open": "open",
    "experimental": "by invitation",
    "doubtful": "not offered",
    "foreign": "not known",
}
_UNKNOWN: Final = "–"
_UNBOUNDED: Final = 1_000


def print_models(offers: Sequence[Offer], console: Console, hidden: int = 0) -> None:
    """The models as a table, or a line each where the reader is no terminal.

    Args:
        offers: In the order in which they are shown.
        console: Where to.
        hidden: So many models are not shown.
    """
    if not console.is_terminal:
        for offer in offers:
            console.print(Text(model_line(offer)))
        return
    if offers:
        _print_offers(offers, console)
        for line in _remarks(offers):
            console.print(Text(line, "dim"))
    else:
        console.print(Text("On that day no model can be tuned, and nothing that was tuned works."))
    if hidden:
        console.print(Text(f"{hidden} more are shut down or cannot be tuned: drytune models --all", "dim"))


def model_line(offer: Offer) -> str:
    """Everything of the table in one line, with words that say what is what."""
    model, on, price = offer.model, offer.standing, offer.price
    guess = " (a guess)" if offer.is_guessed else ""
    parts = [
        f"{model.id:<23}",
        f"{_STATES[on.state][0]:<15}",
        f"{','.join(model.methods) or _UNKNOWN:<14}",
        f"training {_training(price)}{guess}",
        f"input {_number(price.input)} output {_number(price.output)}",
        f"example {_count(model.example_tokens)} context {_count(model.inference_context)} {model.encoding}",
        f"training ends {_day(offer, on.training_ends)}",
        f"tunes end {_day(offer, on.tunes_end)}",
        f"price: {_from(price)}",
    ]
    if model.certainty != "official":
        parts.append(f"{model.certainty} only")
    return "  ".join(parts)


def print_model(offer: Offer, console: Console) -> None:
    """All that is known of one model, a line a fact."""
    facts = _facts(offer)
    console.print(Text(offer.model.id, "bold"))
    if console.is_terminal:
        from rich.table import Table

        grid = Table.grid(padding=(0, 2))
        for name, text in facts:
            grid.add_row(Text(f"  {name}", "dim"), Text(text))
        console.print(grid)
    else:
        width = max(len(name) for name, _ in facts)
        for name, text in facts:
            console.print(Text(f"  {name:<{width}}  {text}"))


def _print_offers(offers: Sequence[Offer], console: Console) -> None:
    """A table; where the terminal is too narrow for it, a few lines a model."""
    from rich.measure import Measurement

    table = _table(offers)
    unbounded = console.options.update(max_width=_UNBOUNDED)
    if Measurement.get(console, unbounded, table).maximum <= console.width:
        console.print(table)
        return
    for offer in offers:
        name, *facts = _block(offer)
        console.print(Text(name, "" if offer.is_in_use else "dim"))
        for fact in facts:
            console.print(Text(f"  {fact}", "dim"))


def _block(offer: Offer) -> Iterator[str]:
    """The row of the table, a line a fact."""
    model, on = offer.model, offer.standing
    mark = "?" if offer.is_guessed else ""
    yield model.id
    yield _STATES[on.state][0] if on.state != "open" else ", ".join(offer.aliases) or _STATES["open"][0]
    yield f"methods: {', '.join(model.methods) or _UNKNOWN}"
    usage = f"{_number(offer.price.input)} / {_number(offer.price.output)}"
    yield f"train {_training(offer.price)}{mark}, in / out {usage}{mark}"
    yield f"training ends {_day(offer, on.training_ends)}"
    yield f"tunes end {_day(offer, on.tunes_end)}"


def _table(offers: Sequence[Offer]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("model", no_wrap=True)
    table.add_column("methods")
    table.add_column("train", justify="right", no_wrap=True)
    table.add_column("in / out", justify="right", no_wrap=True)
    table.add_column("training ends", max_width=10)
    table.add_column("tunes end", max_width=10)
    for offer in offers:
        model, on = offer.model, offer.standing
        words, style = _STATES[on.state] if on.state != "open" else (", ".join(offer.aliases), "dim")
        mark = "?" if offer.is_guessed else ""
        table.add_row(
            Text.assemble((model.id, "" if offer.is_in_use else "dim"), (f"\n  {words}", style)),
            "\n".join(model.methods) or _UNKNOWN,
            _training(offer.price) + mark,
            f"{_number(offer.price.input)} / {_number(offer.price.output)}{mark}",
            _day(offer, on.training_ends, "{}\n{}"),
            _day(offer, on.tunes_end, "{}\n{}"),
        )
    return table


def _remarks(offers: Sequence[Offer]) -> Iterator[str]:
    """What the table's figures mean, and where the prices are from."""
    yield "train: USD per million trained tokens, or per hour; in / out: of the tuned model, per million."
    sources: dict[str, list[str]] = {}
    for offer in offers:
        if offer.price != type(offer.price)():
            sources.setdefault(_from(offer.price), []).append(offer.model.id)
    for words, names in sources.items():
        whose = "" if len(sources) == 1 else f" of {', '.join(names)}"
        yield f"Prices{whose}: {words}."
    if any(offer.is_guessed for offer in offers):
        yield "?: a guess."
    yield "Limits, encodings, base prices, sources: drytune models NAME, or --format json."


def _facts(offer: Offer) -> list[tuple[str, str]]:
    model, on, facts = offer.model, offer.standing, offer.to_dict()
    context, base = _tokens(model.inference_context), _tokens(model.base_context)
    return [
        (f"on {on.day}", _STATES[on.state][0]),
        ("access", _ACCESS[model.access]),
        ("aliases", ", ".join(offer.aliases) or _UNKNOWN),
        ("methods", ", ".join(model.methods) or "none is known"),
        ("examples", model.data_format.replace("_", "/") + (", images too" if model.vision_training else "")),
        ("encoding", model.encoding),
        ("longest example", _tokens(model.example_tokens)),
        ("context", f"{context}; of the base model {base}"),
        ("longest reply", _tokens(model.max_output_tokens)),
        ("training", f"{_training(offer.price, long=True)}"),
        ("tuned model", _usage(offer.price)),
        ("price from", _from(offer.price)),
        ("base model", _usage(model.base_price)),
        ("its price from", _from(model.base_price)),
        ("training starts", _UNKNOWN if on.training_starts is None else str(on.training_starts)),
        ("training ends", _day(offer, on.training_ends)),
        ("tunes end", _day(offer, on.tunes_end)),
        ("base model ends", _day(offer, on.base_ends)),
        ("dates from", facts["dates_source"] or _UNKNOWN),
        ("successor", model.replacement or _UNKNOWN),
        ("certainty", f"{model.certainty}: {facts['certainty_means']}"),
        *(("note", note) for note in model.notes),
    ]


def _training(price: Price, *, long: bool = False) -> str:
    if price.training is not None:
        return f"{price.training:g}" + (" USD per million tokens" if long else "")
    if price.training_per_hour is not None:
        return f"{price.training_per_hour:g}" + (" USD per hour of training" if long else "/h")
    return "no price is known" if long else _UNKNOWN


def _usage(price: Price) -> str:
    if price.input is None:
        return "no price is known"
    cached = "" if price.cached_input is None else f", {price.cached_input:g} cached"
    return f"{price.input:g} in{cached}, {_number(price.output)} out, USD per million tokens"


def _day(offer: Offer, end: date | None, form: str = "{} ({})") -> str:
    """A day, and how far it is; a day that has come says so."""
    if end is None:
        return _UNKNOWN
    left = (end - offer.standing.day).days
    if left <= 0:
        return form.format(end, "past")
    return form.format(end, "1 day" if left == 1 else f"{left:,} days")


def _from(price: Price) -> str:
    return source_of(price) or _UNKNOWN


def _number(amount: float | None) -> str:
    return _UNKNOWN if amount is None else f"{amount:g}"


def _tokens(number: int | None) -> str:
    return "not known" if number is None else f"{number:,} tokens"


def _count(number: int | None) -> str:
    return _UNKNOWN if number is None else f"{number:,}"
