"""How long does it take to load everything: five tables from Parquet files, with their indexes?"""

from benchmarks.question import Question

QUESTION = Question(key="W1", title="load everything", kind="load")
