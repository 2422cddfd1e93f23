"""``drytune models``: what can be tuned, at what price, and until when."""

from __future__ import annotations

from datetime import datetime

import click

from drytune.cli.options import AS_OF, day_or_today, require_text
from drytune.cli.output import print_json, terminal

__all__ = ["models"]


@click.command()
@click.argument("name", required=False)
@click.option("--all", "everything", is_flag=True, help="Also what is shut down or was never tunable.")
@AS_OF
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def models(name: str | None, *, everything: bool, as_of: datetime | None, form: str) -> None:
    """List the models that can be tuned, or show all that is known of the model NAME.

    Prices are in USD per million tokens, as they were last published; a guess is called one. Nothing is looked up
    anywhere: the catalog comes with drytune.
    """
    from drytune.estimate import model_for, offer_of, offers

    day = day_or_today(as_of)
    if name is None:
        found = offers(day, everything=everything)
    else:
        require_text(name)
        found = [offer_of(model_for(name, as_of=day), day)]
    if form == "json":
        print_json([one.to_dict() for one in found])
        return
    from drytune.reports.models import print_model, print_models

    if name is not None:
        print_model(found[0], terminal())
    else:
        print_models(found, terminal(), hidden=len(offers(day, everything=True)) - len(found))
