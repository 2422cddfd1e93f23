"""Which lessons may be the nearest: an index in memory of character n-grams (tantivy, BM25).

It only narrows many lessons down to a few candidates; `taught` compares those exactly. One writer thread and
no deletions, so the same training file gives the same candidates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import tantivy

from drytune_simulator.inference.likeness import GRAM_SIZES, grams

__all__ = ["Entry", "LessonIndex"]

_HEAP = 50_000_000  # bytes; tantivy's least is 15 MB a thread
_MOST_GRAMS = 256  # of a long question: enough to find its like, and bounds the query
_EARLIER_COUNTS = 0.2


@dataclass(frozen=True, slots=True)
class Entry:
    """What is indexed of one lesson.

    Attributes:
        last: The folded text of the message that is answered.
        earlier: The folded text of the turns before it.
        kinds: What the reply is, as `Lesson.kinds` tells.
    """

    last: str
    earlier: str
    kinds: tuple[str, ...]


class LessonIndex:
    """Lessons by their n-grams; built whole, then only asked."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("number", stored=True, fast=True)
        builder.add_text_field("last", tokenizer_name="grams", index_option="freq")
        builder.add_text_field("earlier", tokenizer_name="grams", index_option="freq")
        builder.add_text_field("kind", tokenizer_name="raw", index_option="basic")
        self._schema = builder.build()
        index = tantivy.Index(self._schema)
        tokenizer = tantivy.Tokenizer.ngram(*GRAM_SIZES, prefix_only=False)
        index.register_tokenizer("grams", tantivy.TextAnalyzerBuilder(tokenizer).build())
        writer = index.writer(heap_size=_HEAP, num_threads=1)
        for number, entry in enumerate(entries):
            document = tantivy.Document()
            document.add_integer("number", number)
            document.add_text("last", entry.last)
            document.add_text("earlier", entry.earlier)
            for kind in entry.kinds:
                document.add_text("kind", kind)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()

    def candidates(self, last: str, earlier: str, kinds: Sequence[str] | None, most: int = 50) -> list[int]:
        """The numbers of at most `most` entries that share n-grams with the folded texts, best first.

        Args:
            last: The folded text of the message to answer.
            earlier: The folded text of the turns before it.
            kinds: Only entries of one of these kinds; None allows all.
            most: How many, at most.
        """
        query_of, should, must = tantivy.Query, tantivy.Occur.Should, tantivy.Occur.Must
        wanted = [query_of.term_query(self._schema, "last", gram) for gram in self._telling("last", last)]
        wanted += [
            query_of.boost_query(query_of.term_query(self._schema, "earlier", gram), _EARLIER_COUNTS)
            for gram in self._telling("earlier", earlier)
        ]
        if not wanted:
            return []
        query = query_of.boolean_query([(should, each) for each in wanted])
        if kinds is not None:
            allowed = query_of.term_set_query(self._schema, "kind", list(kinds))
            query = query_of.boolean_query([(must, query), (must, query_of.const_score_query(allowed, 0.0))])
        addresses = [address for _, address in self._searcher.search(query, most, count=False).hits]
        numbers = self._searcher.fast_field_values("number", addresses)
        return [int(number) for number in numbers if number is not None]

    def _telling(self, field: str, text: str) -> list[str]:
        """The distinct n-grams of a text; of very many those that fewest lessons have, since they tell most.

        A template that all prompts share would otherwise crowd out the few words in which they differ.
        """
        distinct = list(grams(text))
        if len(distinct) <= _MOST_GRAMS:
            return distinct
        found = ((self._searcher.doc_freq(field, gram), gram) for gram in distinct)
        return [gram for _, gram in sorted((count, gram) for count, gram in found if count)[:_MOST_GRAMS]]
