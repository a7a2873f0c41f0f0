"""Search by words: BM25 over Lance's inverted index, words broken by the rules of ICU.

ICU breaks text that is written without spaces (Thai, Japanese, Chinese) with dictionaries. Case and
diacritics are folded; nothing is stemmed, because one index holds many languages.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyvox.index.table import Addresses, ItemTable

INDEX_NAME = "text_idx"
STALE_ROWS = 20_000
STALE_SHARE = 0.1


def create_word_index(table: ItemTable) -> None:
    """Make the inverted index over the text column."""
    table.dataset.create_scalar_index(
        "text",
        "INVERTED",
        name=INDEX_NAME,
        base_tokenizer="icu",
        with_position=False,
        stem=False,
        remove_stop_words=False,
        ascii_folding=True,
    )


def word_index_is_stale(table: ItemTable) -> bool:
    """Whether so many rows came since that searching them without an index is slow."""
    late = unindexed_rows(table)
    return late > max(STALE_ROWS, STALE_SHARE * len(table))


def unindexed_rows(table: ItemTable) -> int:
    """Rows that the inverted index does not cover; a search reads them one by one."""
    known = [index for index in table.dataset.describe_indices() if index.name == INDEX_NAME]
    return max(0, len(table) - sum(index.num_rows_indexed for index in known))


def refresh_word_index(table: ItemTable) -> ItemTable:
    """Bring the new rows into the inverted index; the new version of the table."""
    table.dataset.optimize.optimize_indices(index_names=[INDEX_NAME])
    return table.latest()


def lexical_search(
    table: ItemTable, words: str, limit: int, condition: str = ""
) -> tuple[Addresses, NDArray[np.float32]]:
    """The rows whose text holds the most telling of the words, with their BM25 scores, best first.

    A row needs one of the words, not all. Equal scores keep table order.
    """
    scanner = table.dataset.scanner(
        columns=["_score"],
        full_text_query={"query": words, "columns": ["text"]},
        limit=limit,
        filter=condition or None,
        prefilter=bool(condition),
        with_row_address=True,
        disable_scoring_autoprojection=True,
    )
    found = scanner.to_table()
    scores = found["_score"].to_numpy().astype(np.float32)
    addresses = found["_rowaddr"].to_numpy().astype(np.uint64)
    order = np.lexsort((addresses, -scores))
    return addresses[order], scores[order]
