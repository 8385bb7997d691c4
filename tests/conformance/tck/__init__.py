"""Runs the openCypher TCK against neuralgraph.

`scenarios` reads feature files, `values` the TCK's notation, `effects` tells side effects, `check` judges a
scenario; `session` is the graph it runs on.
"""
