"""Rules of a file as a whole, and of what its tokens come to; `facts` and `verdict` apply them."""

from __future__ import annotations

from drytune_simulator.dataset.finding import shown
from drytune_simulator.dataset.formats import MAX_FILE_BYTES, MIN_EXAMPLES
from drytune_simulator.dataset.rules.registry import Found, declare
from drytune_simulator.dataset.wordings import TOO_FEW

__all__ = [
    "EMPTY_FILE",
    "EXAMPLE_TRUNCATED",
    "FILE_TOO_LARGE",
    "IMAGES_NOT_COUNTED",
    "IMAGES_NOT_TRAINED",
    "METHOD_NOT_CHECKED_YET",
    "TOO_FEW_EXAMPLES",
    "WRONG_EXTENSION",
    "empty_file",
    "example_truncated",
    "file_too_large",
    "images_not_counted",
    "images_not_trained",
    "method_not_checked_yet",
    "too_few_examples",
    "wrong_extension",
]

WRONG_EXTENSION = declare(
    "wrong-extension",
    "file",
    "error",
    "refused-at-upload",
    "FACTS.md §3.2 (R)",
    "The file's name ends with .jsonl.",
)
EMPTY_FILE = declare(
    "empty-file",
    "file",
    "error",
    "refused-at-upload",
    "FACTS.md §3.2 (words not found)",
    "The file holds examples.",
)
FILE_TOO_LARGE = declare(
    "file-too-large",
    "file",
    "error",
    "refused-at-upload",
    "FACTS.md §3.1 (O)",
    f"A file has at most {MAX_FILE_BYTES >> 20} MB.",
)
TOO_FEW_EXAMPLES = declare(
    "too-few-examples",
    "file",
    "error",
    "job-fails",
    f"{TOO_FEW.source} ({TOO_FEW.grade})",
    f"There are at least {MIN_EXAMPLES} examples.",
)
METHOD_NOT_CHECKED_YET = declare(
    "method-not-checked-yet",
    "file",
    "error",
    "none",
    "",
    "The model is tuned by supervised training on chat examples; this version rehearses nothing else.",
)
IMAGES_NOT_COUNTED = declare(
    "images-not-counted", "file", "info", "none", "FACTS.md §1.6", "Images are not counted as tokens yet."
)
IMAGES_NOT_TRAINED = declare(
    "images-not-trained",
    "file",
    "warning",
    "none",
    "FACTS.md §1.4 (O)",
    "Images are for models that can be trained on them.",
)
EXAMPLE_TRUNCATED = declare(
    "example-truncated",
    "tokens",
    "warning",
    "truncated",
    "FACTS.md §1.4 (O)",
    "An example fits into the model's limit.",
)


def wrong_extension(suffix: str) -> Found:
    """What to say about a file whose name ends with `suffix`."""
    found = f"The file's name ends with {shown(suffix)}" if suffix else "The file's name has no extension"
    return Found("", f"{found}; it must end with .jsonl.", "Save it as JSON lines and name it so.")


empty_file = Found(
    "", "The file is empty.", f"Write at least {MIN_EXAMPLES} examples, one JSON object a line."
)


def file_too_large(size: int) -> Found:
    """What to say about a file of so many bytes."""
    return Found(
        "",
        f"The file has {size / (1 << 20):,.1f} MB; {MAX_FILE_BYTES >> 20} MB are allowed.",
        "Train on fewer or shorter examples.",
    )


def too_few_examples(examples: int) -> Found:
    """What to say about a file of so many examples."""
    return Found(
        "",
        f"There {'is 1 example' if examples == 1 else f'are {examples} examples'};"
        f" at least {MIN_EXAMPLES} are needed.",
        f"Add {MIN_EXAMPLES - examples} or more.",
    )


def images_not_counted(images: int) -> Found:
    """What to say about a file with so many images."""
    return Found(
        "", f"{images} image(s) are not counted in the tokens and the bill.", "Expect the bill to be higher."
    )


def images_not_trained(model: str) -> Found:
    """The model takes no images in training."""
    return Found(
        "",
        f"{model} is not known to train on images.",
        "Train gpt-4o-2024-08-06, which the vision guide names, or leave the images out.",
    )


def example_truncated(tokens: int, limit: int) -> Found:
    """What to say about an example of so many tokens."""
    return Found(
        "",
        f"The example has {tokens:,} tokens; the model reads {limit:,} and the rest is cut.",
        "Shorten or split it: what is cut, often the reply, is not learned.",
    )


def method_not_checked_yet(model: str, methods: tuple[str, ...], data_format: str) -> Found:
    """What to say about a model that is not tuned by supervised training on chat examples."""
    if not methods:
        reason = f"{model} is not known to be tunable"
    elif "supervised" not in methods:
        reason = f"{model} is tuned by {' and '.join(methods)}"
    else:
        reason = f"{model} is tuned on {data_format.replace('_', '/')} pairs"
    return Found(
        "",
        f"{reason}; this version rehearses supervised fine-tuning on chat examples only.",
        "Choose another model, for instance gpt-4.1-mini; the file was not checked.",
    )
