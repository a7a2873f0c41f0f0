"""What a writer does before it leaves, so that many small commits do not slow down whoever comes next."""

from __future__ import annotations

from polyvox.index.files import FileLog
from polyvox.index.lexical import refresh_word_index, word_index_is_stale
from polyvox.index.table import ItemTable

SMALL_FRAGMENT = 4_096
MOST_COMMITS = 64


def tidied(table: ItemTable, log: FileLog) -> ItemTable:
    """Merge what has become too many small pieces; returns the newest version of the table.

    Large pieces are left alone, so this costs little. The caller holds the writer's lock.
    """
    if log.commits > MOST_COMMITS:
        log.compact()
    if sum(fragment.rows < SMALL_FRAGMENT for fragment in table.fragments()) > MOST_COMMITS:
        table = table.merged(SMALL_FRAGMENT)
    return refresh_word_index(table) if word_index_is_stale(table) else table
