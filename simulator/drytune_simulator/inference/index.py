"""Which lessons may be the nearest: an index of character n-grams (tantivy, BM25), in memory or in a directory.

It only narrows many lessons down to a few candidates, which are then compared exactly. To find those, not all
n-grams of a question are looked up but the telling ones: the rarest, as many as have `_MOST_POSTINGS` lessons
together. So the work is bounded, however many lessons there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

import tantivy

from drytune_simulator.inference.likeness import GRAM_SIZES, grams
from drytune_simulator.inference.shelf import DamagedError

__all__ = ["LessonIndex"]

_HEAP = 50_000_000  # bytes; tantivy's least is 15 MB a thread
_MOST_GRAMS = 64
_MOST_POSTINGS = 50_000
_EARLIER_COUNTS = 0.2


class LessonIndex:
    """Entries by their n-grams, each under its place; built whole, then only asked."""

    def __init__(self, index: tantivy.Index) -> None:
        self._schema = index.schema
        self._searcher = index.searcher()

    @classmethod
    def build(cls, entries: Iterable[tuple[str, str, int]], directory: Path | None = None) -> LessonIndex:
        """An index, kept in an empty `directory`, or in memory.

        Args:
            entries: The folded text of a message that is answered, that of the turns around it, and what the reply
                is, as a number.
            directory: Empty; None keeps the index in memory.
        """
        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("number", fast=True)
        builder.add_text_field("last", tokenizer_name="grams", index_option="freq")
        builder.add_text_field("earlier", tokenizer_name="grams", index_option="freq")
        builder.add_unsigned_field("kind", indexed=True)
        index = tantivy.Index(builder.build(), None if directory is None else str(directory))
        tokenizer = tantivy.Tokenizer.ngram(GRAM_SIZES[0], GRAM_SIZES[-1], prefix_only=False)
        index.register_tokenizer("grams", tantivy.TextAnalyzerBuilder(tokenizer).build())
        writer = index.writer(heap_size=_HEAP, num_threads=1)
        for number, (last, earlier, kind) in enumerate(entries):
            document = tantivy.Document()
            document.add_unsigned("number", number)
            document.add_text("last", last)
            if earlier:
                document.add_text("earlier", earlier)
            document.add_unsigned("kind", kind)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        return cls(index)

    @classmethod
    def open(cls, directory: Path) -> LessonIndex:
        """The one that was built in `directory`.

        Raises:
            DamagedError: There is none that can be read.
        """
        try:
            return cls(tantivy.Index.open(str(directory)))
        except (ValueError, OSError) as error:
            raise DamagedError(str(error)) from error

    def candidates(
        self, last: str, earlier: str, most: int, kinds: Collection[int] | None = None
    ) -> list[int]:
        """The places of at most `most` entries that share n-grams with the folded texts, best first.

        Args:
            last: The folded text of the message to answer.
            earlier: The folded text of the turns around it.
            most: How many, at most.
            kinds: Only entries of one of these; None allows all.

        Raises:
            DamagedError: Its files were damaged since it was opened.
        """
        try:
            return self._found(last, earlier, most, kinds)
        except (ValueError, OSError) as error:
            raise DamagedError(str(error)) from error
        except BaseException as error:
            # tantivy panics at what it cannot read, and the class of that cannot be imported
            if type(error).__name__ != "PanicException":
                raise
            raise DamagedError(str(error)) from error

    def _found(self, last: str, earlier: str, most: int, kinds: Collection[int] | None) -> list[int]:
        query_of, should, must = tantivy.Query, tantivy.Occur.Should, tantivy.Occur.Must
        wanted = [
            query_of.term_query(self._schema, "last", gram, "freq") for gram in self._telling("last", last)
        ]
        wanted += [
            query_of.boost_query(query_of.term_query(self._schema, "earlier", gram, "freq"), _EARLIER_COUNTS)
            for gram in self._telling("earlier", earlier)
        ]
        if not wanted:
            return []
        query = query_of.boolean_query([(should, each) for each in wanted])
        if kinds is not None:
            allowed = query_of.term_set_query(self._schema, "kind", sorted(kinds))
            query = query_of.boolean_query([(must, query), (must, query_of.const_score_query(allowed, 0.0))])
        addresses = [address for _, address in self._searcher.search(query, most, count=False).hits]
        numbers = self._searcher.fast_field_values("number", addresses)
        return [int(number) for number in numbers if number is not None]

    def _telling(self, field: str, text: str) -> list[str]:
        """The n-grams of a text that fewest lessons have; those that none has tell nothing.

        A template that all prompts share would otherwise crowd out the few words in which they differ.
        """
        distinct = [gram for size in grams(text) for gram in size]
        counted = [(self._searcher.doc_freq(field, gram), gram) for gram in distinct]
        telling: list[str] = []
        postings = 0
        for count, gram in sorted(pair for pair in counted if pair[0]):
            postings += count
            if telling and (postings > _MOST_POSTINGS or len(telling) == _MOST_GRAMS):
                break
            telling.append(gram)
        return telling
