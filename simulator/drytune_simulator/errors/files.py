"""Refusals about files, and about uploads in parts."""

from __future__ import annotations

from drytune_simulator.errors.refusal import Refusal

__all__ = ["FILES"]

FILES: dict[str, Refusal] = {
    # files (FACTS.md §3.2)
    "no-purpose": Refusal(400, "'purpose' is a required property", "R", "FACTS.md §3.2"),
    "no-file": Refusal(400, "'file' is a required property", "I", "as for purpose, FACTS.md §3.2"),
    "bad-purpose": Refusal(
        400,
        "'{purpose}' is not one of ['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals'] - "
        "'purpose'",
        "R",
        "FACTS.md §3.2, §9",
        param="purpose",
    ),
    "unknown-file": Refusal(404, "No such File object: {id}", "R", "FACTS.md §3.2", param="id"),
    "file-refused": Refusal(
        400, "{message}", "R", "the table `dataset.wordings`, where each wording has its own grade"
    ),
    "wrong-extension-for-batches": Refusal(
        400, "Invalid file format for Batch API. Must be .jsonl", "R", "pasted in several public repositories"
    ),
    "empty-file": Refusal(
        400, "File is empty.", "U", "openai/openai-go#434 (purpose assistants); I for the other purposes"
    ),
    "file-too-large": Refusal(
        400,
        "File is too large.",
        "R",
        "bespokelabsai/curator#111 (a batch file over 200 MB); I for the 512 MB of the other purposes",
    ),
    "bad-form": Refusal(400, "Could not parse multipart form: {why}.", "D", "text not found"),
    "training-file-download": Refusal(
        400,
        "To help mitigate abuse, downloading of fine-tune training files is disabled for free accounts.",
        "R",
        "FACTS.md §3.2",
    ),
    "forbidden-content": Refusal(
        400, "Not allowed to download files of purpose: {purpose}", "R", "FACTS.md §3.2"
    ),
    # uploads in parts (FACTS.md §3.3: what is refused is documented, no text was found)
    "unknown-upload": Refusal(
        404, "No such Upload object: {id}", "I", "as for a file, FACTS.md §3.2", param="id"
    ),
    "upload-has-ended": Refusal(
        400,
        'Cannot {what} an upload {id} that already has status "{status}".',
        "I",
        "as the older API said it of jobs, FACTS.md §4.8",
    ),
    "no-data": Refusal(400, "'data' is a required property", "I", "as for purpose, FACTS.md §3.2"),
    "part-too-large": Refusal(
        400,
        "The part has {got} bytes. A part may have at most {limit} bytes.",
        "D",
        "limit: FACTS.md §3.3; text not found",
        param="data",
    ),
    "too-many-parts": Refusal(
        400,
        "The parts of upload {id} would have more than {limit} bytes together, or be more than {most}.",
        "D",
        "limit of bytes: FACTS.md §3.3, that of parts is drytune's own; text not found",
        param="data",
    ),
    "unknown-part": Refusal(
        400, "No such Part object: {part}", "I", "as for a file, FACTS.md §3.2", param="part_ids"
    ),
    "repeated-part": Refusal(
        400, "Part {part} is listed more than once.", "D", "text not found", param="part_ids"
    ),
    "wrong-size": Refusal(
        400,
        "The listed parts have {got} bytes together, but the upload was created for {declared} bytes.",
        "D",
        "that it is refused: FACTS.md §3.3 (O); text not found",
        param="part_ids",
    ),
    "wrong-md5": Refusal(
        400,
        "The MD5 checksum of the listed parts is {got}, which does not match the 'md5' that was given.",
        "D",
        "that it is checked: FACTS.md §3.3 (O); text not found",
        param="md5",
    ),
}
