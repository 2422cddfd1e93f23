"""The bill before anything is sent, what the calendar says about a model, and what each model offers."""

from drytune.estimate.bill import Cost, checked_budget, estimate, over_budget, source_of
from drytune.estimate.calendar import SOON_DAYS, Standing, notices, standing
from drytune.estimate.models import model_for
from drytune.estimate.offers import Offer, offer_of, offers
from drytune.estimate.rates import checked_rates, parse_rate, parse_rates

__all__ = [
    "SOON_DAYS",
    "Cost",
    "Offer",
    "Standing",
    "checked_budget",
    "checked_rates",
    "estimate",
    "model_for",
    "notices",
    "offer_of",
    "offers",
    "over_budget",
    "parse_rate",
    "parse_rates",
    "source_of",
    "standing",
]
