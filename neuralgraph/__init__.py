"""neuralgraph: an embeddable property-graph database for Python.

Where things are, from the bottom up: `errors` (every exception), `config` (options), `values` (what flows
through every box), `access` (the seam between the two stacks), `query` (text to rows), `storage` (commits
to bytes), `api` (what users hold) and `cli`. ARCHITECTURE.md has the picture and three walks.

    import neuralgraph

    with neuralgraph.open("social.ngdb") as graph:
        graph.execute("CREATE (:Person {name: $name})", name="Ada")
        for record in graph.execute("MATCH (p:Person) RETURN p.name AS name"):
            print(record["name"])
"""

__version__ = "0.1.0"
