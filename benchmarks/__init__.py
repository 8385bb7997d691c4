"""Benchmarks: neuralgraph beside the embedded databases that are installed; same data, same questions.

    python -m benchmarks                       size S, every peer that is installed, timings
    python -m benchmarks --quick               tiny data, no timings: every answer is checked
    python -m benchmarks --peers neuralgraph,sqlite --questions W3,W5 --write

One question a file: `w0_trivial_query` and so on, each with its text in openCypher and SQL and a numpy
function that gives the right answer. `peers` has one database a file, `data` makes the graph, `worker` runs
one peer in a process of its own, `report` draws the table. `results/` keeps what was measured where.
"""
