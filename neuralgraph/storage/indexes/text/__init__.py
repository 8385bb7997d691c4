"""Full-text indexes: postings as arrays in the database file, scored by BM25.

    text_run.py             TextRun: the index over a base, as segments; TextKind
    text_segment.py         a segment: which terms stand in which documents, how often and where
    segment_building.py     segments from texts, and one segment from several
    term_dictionary.py      the terms of a segment, in order
    fresh_texts.py          what changed since the base, as small segments in memory
    corpus.py               all segments that a snapshot sees, and the statistics over exactly these
    scorers.py, phrases.py  documents and scores of parts of a query
    query_scorers.py        from the tree of a query to scorers
    term_choice.py          the terms that wildcards, ranges, patterns and misspellings stand for

A document is an entity with some text in an indexed property; a field is such a property. Each field has
postings and statistics of its own.
"""
