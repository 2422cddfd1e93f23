"""Datasets: reading them, counting their tokens, and the platform's verdict on them."""

from drytune_simulator.dataset.accounting import (
    Tokens,
    count_examples,
    example_tokens,
    message_tokens,
    prompt_tokens,
)
from drytune_simulator.dataset.distribution import Distribution
from drytune_simulator.dataset.facts import Facts, merge
from drytune_simulator.dataset.finding import Finding
from drytune_simulator.dataset.fingerprints import share_found_in, share_repeated
from drytune_simulator.dataset.hyperparameters import auto_batch_size, auto_epochs, auto_learning_rate
from drytune_simulator.dataset.inspection import facts_of
from drytune_simulator.dataset.lens import Lens, Limits
from drytune_simulator.dataset.lines import LineError, decode
from drytune_simulator.dataset.reader import Block, blocks
from drytune_simulator.dataset.rules import RULES, Rule
from drytune_simulator.dataset.tokens import Counter, counter
from drytune_simulator.dataset.upload import UploadRefusal, inspect_upload
from drytune_simulator.dataset.verdict import JobFailure, Usage, Verdict, judge
from drytune_simulator.dataset.wordings import WORDINGS, Wording

__all__ = [
    "RULES",
    "WORDINGS",
    "Block",
    "Counter",
    "Distribution",
    "Facts",
    "Finding",
    "JobFailure",
    "Lens",
    "Limits",
    "LineError",
    "Rule",
    "Tokens",
    "UploadRefusal",
    "Usage",
    "Verdict",
    "Wording",
    "auto_batch_size",
    "auto_epochs",
    "auto_learning_rate",
    "blocks",
    "count_examples",
    "counter",
    "decode",
    "example_tokens",
    "facts_of",
    "inspect_upload",
    "judge",
    "merge",
    "message_tokens",
    "prompt_tokens",
    "share_found_in",
    "share_repeated",
]
