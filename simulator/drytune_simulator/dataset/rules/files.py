"""Rules of a file as a whole, and of what its tokens come to; `inspection` and `conclusion` apply them."""

from __future__ import annotations

from drytune_simulator.dataset.finding import shown
from drytune_simulator.dataset.forms import KIND_WORDS, METHOD_OF_KIND, Kind
from drytune_simulator.dataset.rules.registry import Found, declare
from drytune_simulator.dataset.wordings import TOO_FEW, WRONG_FORMAT

__all__ = [
    "EMPTY_FILE",
    "EXAMPLE_TRUNCATED",
    "FILE_TOO_LARGE",
    "IMAGES_NOT_TRAINED",
    "METHOD_NOT_SUPPORTED",
    "TOO_FEW_EXAMPLES",
    "TOO_MANY_EXAMPLES",
    "TOO_MANY_IMAGE_EXAMPLES",
    "WRONG_EXTENSION",
    "WRONG_FORMAT_RULE",
    "WRONG_GRADER",
    "WRONG_RESPONSE_FORMAT",
    "empty_file",
    "example_truncated",
    "file_too_large",
    "images_not_trained",
    "method_not_supported",
    "too_few_examples",
    "too_many_examples",
    "too_many_image_examples",
    "wrong_extension",
    "wrong_format",
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
    "A file has at most 512 MB.",
)
TOO_FEW_EXAMPLES = declare(
    "too-few-examples",
    "file",
    "error",
    "job-fails",
    f"{TOO_FEW.source} ({TOO_FEW.grade})",
    "There are at least 10 examples.",
)
TOO_MANY_EXAMPLES = declare(
    "too-many-examples",
    "file",
    "error",
    "job-fails",
    "FACTS.md §5.1 (O)",
    "A file for reinforcement has at most 50,000 examples, its validation file 1,000.",
)
TOO_MANY_IMAGE_EXAMPLES = declare(
    "too-many-image-examples",
    "file",
    "error",
    "job-fails",
    "FACTS.md §5.1 (O)",
    "At most 50,000 examples of a file have images.",
)
WRONG_FORMAT_RULE = declare(
    "wrong-format",
    "file",
    "error",
    "job-fails",
    f"{WRONG_FORMAT.source} ({WRONG_FORMAT.grade})",
    "The lines have the form that the method of tuning takes.",
    "Supervised tuning takes chat examples (prompt and completion for base models), dpo takes preference pairs, "
    "reinforcement takes tasks.",
)
METHOD_NOT_SUPPORTED = declare(
    "method-not-supported",
    "file",
    "error",
    "job-fails",
    "FACTS.md §1.4, §4.3 (R)",
    "The model can be tuned by the method.",
    "The platform refuses the job when it is created.",
)
WRONG_GRADER = declare(
    "wrong-grader",
    "file",
    "error",
    "job-fails",
    "FACTS.md §4.1, §4.8 (O)",
    "The grader of a reinforcement job is one that the platform knows, and whole.",
)
WRONG_RESPONSE_FORMAT = declare(
    "wrong-response-format",
    "file",
    "error",
    "job-fails",
    "FACTS.md §4.1 (O)",
    "The response format of a reinforcement job is a valid JSON schema.",
)
IMAGES_NOT_TRAINED = declare(
    "images-not-trained",
    "file",
    "warning",
    "example-skipped",
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


empty_file = Found("", "The file is empty.", "Write at least 10 examples, one JSON object a line.")


def file_too_large(size: int, limit: int) -> Found:
    """What to say about a file of so many bytes."""
    return Found(
        "",
        f"The file has {_megabytes(size)}; {_megabytes(limit)} are allowed.",
        "Train on fewer or shorter examples.",
    )


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):,.1f} MB" if size >= 1 << 20 else f"{size:,} bytes"


def too_few_examples(examples: int, least: int) -> Found:
    """What to say about a file of so many examples."""
    there = "is 1 example" if examples == 1 else f"are {examples} examples"
    return Found("", f"There {there}; at least {least} are needed.", f"Add {least - examples} or more.")


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


def too_many_examples(examples: int, most: int) -> Found:
    """What to say about so many examples where `most` are allowed."""
    return Found(
        "",
        f"There are {examples:,} examples; at most {most:,} are allowed.",
        f"Leave out {examples - most:,}.",
    )


def too_many_image_examples(examples: int, most: int) -> Found:
    """What to say about so many examples with images where `most` are allowed."""
    return Found(
        "",
        f"{examples:,} examples have images; at most {most:,} may.",
        f"Leave out {examples - most:,} of them.",
    )


def wrong_format(kind: Kind, expected: str, method: str, methods: tuple[str, ...]) -> Found:
    """What to say about a file whose lines are not what the method takes.

    Args:
        kind: What they are.
        expected: What they should be, in words.
        method: By which the model would be tuned.
        methods: By which the model can be tuned.
    """
    instead = METHOD_OF_KIND[kind]
    if instead != method and instead in methods:
        hint = f"Say --method {instead}, if that is what you mean."
    else:
        hint = _MODELS_FOR[kind]
    found = KIND_WORDS[kind][1]
    return Found("", f"The file is of {found}; tuning this model by {method} takes {expected}.", hint)


_MODELS_FOR: dict[Kind, str] = {
    "messages": "Name a chat model, for instance --model gpt-4.1-mini.",
    "preference": "Name a model that is tuned by dpo, for instance --model gpt-4.1-mini.",
    "task": "Name a model tuned by reinforcement: --model o4-mini, which is shut down.",
    "completion": "Name a base model: babbage-002 or davinci-002, which are shut down; or make a user and an"
    " assistant message of each.",
}


def method_not_supported(model: str, method: str, methods: tuple[str, ...]) -> Found:
    """What to say about a model that is not tuned by `method`."""
    known = f"it is tuned by {' and '.join(methods)}" if methods else "it is not known to be tunable"
    return Found(
        "",
        f"{model} is not tuned by the method {method}; {known}.",
        "Choose another method, or another model (`drytune models` lists them).",
    )
