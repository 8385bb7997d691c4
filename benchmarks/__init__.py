"""Benchmarks: neuralgraph beside the embedded databases that are installed; same data, same questions.

    python -m benchmarks --write                  size S, every peer that is installed; table, JSON and SVG
    python -m benchmarks --size M --seconds 1 --limit 60 --write
    python -m benchmarks --quick                  tiny data, no timings: every answer is checked
    python -m benchmarks --peers neuralgraph,sqlite --questions W3,W5
    python -m benchmarks.growth                   the newest S, M and L side by side

One question a file, in `questions`, each with its text in openCypher and SQL and a numpy function that
gives the right answer; those called ``own_...`` are about neuralgraph alone. `peers` has one database a
file, `data` makes the graph, `worker` runs one peer in a process of its own, `runner` watches it, `report`
and `plot` draw. What a peer cannot do is a dash, and the reason stands below the table. `results/` keeps
what was measured where.
"""
