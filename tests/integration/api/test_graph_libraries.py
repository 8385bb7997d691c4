"""The statements that LangChain, LlamaIndex and neo4j-graphrag send, as they send them."""

from __future__ import annotations

import numpy as np
import pytest

from neuralgraph import errors

NODE_PROPERTIES = (
    "CALL apoc.meta.data({sample: $SAMPLE}) "
    "YIELD label, other, elementType, type, property "
    "WHERE NOT type = 'RELATIONSHIP' AND elementType = 'node' "
    "AND NOT label IN $EXCLUDED_LABELS "
    "WITH label AS nodeLabel, collect({property:property, type:type}) AS properties "
    "RETURN {label: nodeLabel, properties: properties} AS output"
)
RELATIONSHIP_PROPERTIES = (
    "CALL apoc.meta.data({sample: $SAMPLE}) "
    "YIELD label, other, elementType, type, property "
    "WHERE NOT type = 'RELATIONSHIP' AND elementType = 'relationship' "
    "AND NOT label in $EXCLUDED_LABELS "
    "WITH label AS relType, collect({property:property, type:type}) AS properties "
    "RETURN {type: relType, properties: properties} AS output"
)
RELATIONSHIPS = (
    "CALL apoc.meta.data({sample: $SAMPLE}) "
    "YIELD label, other, elementType, type, property "
    "WHERE type = 'RELATIONSHIP' AND elementType = 'node' "
    "UNWIND other AS other_node "
    "WITH * WHERE NOT label IN $EXCLUDED_LABELS "
    "AND NOT other_node IN $EXCLUDED_LABELS "
    "RETURN {start: label, type: property, end: toString(other_node)} AS output"
)
INDEXES = (
    "CALL apoc.schema.nodes() YIELD label, properties, type, size, valuesSelectivity "
    "WHERE type = 'RANGE' RETURN *, "
    "size * valuesSelectivity as distinctValues"
)
SCHEMA_AS_A_GRAPH = (
    " YIELD nodes, relationships "
    "RETURN nodes, [rel in relationships | {name:apoc.any.property"
    "(rel, 'type'), count: apoc.any.property(rel, 'count')}]"
    " AS relationships"
)


@pytest.fixture
def films(graph):
    graph.execute(
        "CREATE (ada:Person {name: 'Ada', age: 36})-[:ACTED_IN {role: 'x'}]->(:Film {title: 'T',"
        " tags: ['a']}), (ada)-[:KNOWS]->(:Person:Admin {name: 'Bob', at: datetime()})"
    )
    graph.execute("CREATE RANGE INDEX names FOR (p:Person) ON (p.name)")
    return graph


def outputs(graph, query, **parameters):
    parameters = {"SAMPLE": 1000, "EXCLUDED_LABELS": [], **parameters}
    return [record["output"] for record in graph.execute(query, parameters)]


def test_schema_of_nodes(films):
    found = {each["label"]: each["properties"] for each in outputs(films, NODE_PROPERTIES)}
    assert found == {
        "Person": [
            {"property": "name", "type": "STRING"},
            {"property": "age", "type": "INTEGER"},
            {"property": "at", "type": "DATE_TIME"},
        ],
        "Film": [{"property": "title", "type": "STRING"}, {"property": "tags", "type": "LIST"}],
        "Admin": [{"property": "name", "type": "STRING"}, {"property": "at", "type": "DATE_TIME"}],
    }
    fewer = outputs(films, NODE_PROPERTIES, EXCLUDED_LABELS=["Person", "Admin"])
    assert [each["label"] for each in fewer] == ["Film"]


def test_schema_of_relationships(films):
    assert outputs(films, RELATIONSHIP_PROPERTIES) == [
        {"type": "ACTED_IN", "properties": [{"property": "role", "type": "STRING"}]}
    ]
    found = {(each["start"], each["type"], each["end"]) for each in outputs(films, RELATIONSHIPS)}
    assert found == {
        ("Person", "ACTED_IN", "Film"),
        ("Person", "KNOWS", "Person"),
        ("Person", "KNOWS", "Admin"),
    }


def test_indexes_with_their_selectivity(films):
    (index,) = films.execute(INDEXES)
    assert (index["label"], index["properties"]) == ("Person", ["name"])
    assert (index["size"], index["type"]) == (2, "RANGE")
    assert 1 <= index["distinctValues"] <= 2
    assert films.execute(
        "CALL apoc.schema.properties.distinct('Person', 'name') YIELD value"
    ).value() == ["Ada", "Bob"]


@pytest.mark.parametrize("call", ["graph({sample: 1000, maxRels: 100})", "graphSample()"])
def test_schema_as_a_graph(films, call):
    record = films.execute(f"CALL apoc.meta.{call}" + SCHEMA_AS_A_GRAPH).single()
    assert {node["name"]: node["count"] for node in record["nodes"]} == {
        "Person": 2,
        "Admin": 1,
        "Film": 1,
    }
    assert {"name": "ACTED_IN", "count": 1} in record["relationships"]


def test_virtual_entities_in_expressions(films):
    query = (
        "CALL db.schema.visualization() YIELD nodes, relationships UNWIND relationships AS r"
        " WITH DISTINCT r, nodes RETURN type(r), r.name, keys(r), id(r) < 0, properties(r).name,"
        " labels(head(nodes)), head(nodes) = head(nodes) ORDER BY r LIMIT 1"
    )
    assert tuple(films.execute(query).single()) == (
        "KNOWS", "KNOWS", ["name"], True, "KNOWS", ["Person"], True,
    )  # fmt: skip


def test_enhanced_schema_of_a_label(films):
    query = (
        "MATCH (n:`Person`)\n"
        "WITH collect(distinct substring(toString(n.`name`), 0, 50)) AS `name_values`,\n"
        "     min(n.`age`) AS `age_min`,\n     max(n.`age`) AS `age_max`,\n"
        "     count(distinct n.`age`) AS `age_distinct`\n"
        "RETURN {`name`: {values:`name_values`[..10], distinct_count: size(`name_values`)},"
        " `age`: {min: toString(`age_min`), max: toString(`age_max`),"
        " distinct_count: `age_distinct`}} AS output"
    )
    assert films.execute(query).value() == {
        "name": {"values": ["Ada", "Bob"], "distinct_count": 2},
        "age": {"min": "36", "max": "36", "distinct_count": 1},
    }


def test_versions_by_which_clients_choose(graph):
    record = graph.execute("CALL dbms.components()").single()
    assert tuple(map(int, record["versions"][0].split("."))) >= (5, 23, 0)
    assert record["edition"] == "community"


NODES = [
    {"id": "ada", "type": "Person", "properties": {"age": 36}},
    {"id": "ada", "type": "Person", "properties": {"age": 1}},
    {"id": "acme", "type": "Company", "properties": {}},
]


def test_langchain_nodes_and_relationships(graph):
    nodes = (
        "MERGE (d:Document {id:$document.metadata.id}) SET d.text = $document.page_content "
        "SET d += $document.metadata WITH d UNWIND $data AS row "
        "CALL apoc.merge.node([row.type], {id: row.id}, row.properties, {}) YIELD node "
        "MERGE (d)-[:MENTIONS]->(node) RETURN distinct 'done' AS result"
    )
    document = {"page_content": "text", "metadata": {"id": "d1", "page": 3}}
    for _ in range(2):
        result = graph.execute(nodes, data=NODES, document=document)
        assert [record["result"] for record in result] == ["done"]
    relationships = (
        "UNWIND $data AS row CALL apoc.merge.node([row.source_label], {id: row.source},"
        "{}, {}) YIELD node as source "
        "CALL apoc.merge.node([row.target_label], {id: row.target},{}, {}) YIELD node as target "
        "CALL apoc.merge.relationship(source, row.type, {}, row.properties, target) YIELD rel "
        "RETURN distinct 'done'"
    )
    row = {
        "source_label": "Person", "source": "ada", "target_label": "Company", "target": "acme",
        "type": "WORKS_AT", "properties": {"since": 1842},
    }  # fmt: skip
    for _ in range(2):
        graph.execute(relationships, data=[row, row])
    found = graph.execute(
        "MATCH (p:Person)-[r:WORKS_AT]->(c:Company) RETURN p.id, p.age, r.since, c.id"
    )
    assert list(found) == [("ada", 36, 1842, "acme")]
    assert graph.execute("MATCH (:Document)-[r:MENTIONS]->() RETURN count(r)").value() == 2


def test_langchain_with_a_base_label(graph):
    graph.execute("CREATE CONSTRAINT IF NOT EXISTS FOR (b:__Entity__) REQUIRE b.id IS UNIQUE;")
    query = (
        "UNWIND $data AS row MERGE (source:`__Entity__` {id: row.id}) "
        "SET source += row.properties WITH source, row SET source:$(row.type) "
        "WITH source AS node RETURN distinct 'done' AS result"
    )
    graph.execute(query, data=NODES)
    relationships = (
        "UNWIND $data AS row MERGE (source:`__Entity__` {id: row.source}) "
        "MERGE (target:`__Entity__` {id: row.target}) WITH source, target, row "
        "CALL apoc.merge.relationship(source, row.type, {}, row.properties, target) YIELD rel "
        "RETURN distinct 'done'"
    )
    row = {"source": "ada", "target": "acme", "type": "WORKS_AT", "properties": {}}
    graph.execute(relationships, data=[row] * 3)
    found = graph.execute("MATCH (a:Person)-[r]->(b:Company) RETURN labels(a), type(r), count(*)")
    assert list(found) == [(["__Entity__", "Person"], "WORKS_AT", 1)]


def test_llama_index_upserts(graph):
    entities = """
        UNWIND $data AS row
        MERGE (e:`__Entity__` {id: row.id})
        SET e += apoc.map.clean(row.properties, [], [])
        SET e.name = row.name
        WITH e, row
        CALL apoc.create.addLabels(e, [row.label])
        YIELD node
        WITH e, row
        CALL {
            WITH e, row
            WITH e, row
            WHERE row.embedding IS NOT NULL
            CALL db.create.setNodeVectorProperty(e, 'embedding', row.embedding)
            RETURN count(*) AS count
        }
        WITH e, row WHERE row.properties.triplet_source_id IS NOT NULL
        MERGE (c:Chunk {id: row.properties.triplet_source_id})
        MERGE (e)<-[:MENTIONS]-(c)
        """
    rows = [
        {"id": "a", "name": "A", "label": "Person", "embedding": [1.0, 0.0],
         "properties": {"triplet_source_id": "c1", "empty": ""}},
        {"id": "b", "name": "B", "label": "City", "embedding": None, "properties": {}},
    ]  # fmt: skip
    graph.execute(entities, data=rows)
    relations = """
        UNWIND $data AS row
        MERGE (source {id: row.source_id})
        MERGE (target {id: row.target_id})
        WITH source, target, row
        CALL apoc.merge.relationship(source, row.label, {}, row.properties, target) YIELD rel
        RETURN count(*)
        """
    relation = {"source_id": "a", "target_id": "b", "label": "LIVES_IN", "properties": {"x": 1}}
    assert graph.execute(relations, data=[relation]).value() == 1
    found = graph.execute(
        "MATCH (e:`__Entity__`) WHERE e.embedding IS NOT NULL AND size(e.embedding) = $dimension"
        " WITH e, vector.similarity.cosine(e.embedding, $embedding) AS score"
        " ORDER BY score DESC LIMIT toInteger($limit)"
        " RETURN e.id AS name, [l in labels(e) WHERE l <> '__Entity__' | l][0] AS type,"
        " e{.* , embedding: Null, name: Null, id: Null} AS properties, score",
        embedding=[1.0, 0.0],
        dimension=2,
        limit=3,
    ).single()
    assert (found["name"], found["type"], found["score"]) == ("a", "Person", 1.0)
    assert "empty" not in found["properties"]
    triplets = graph.execute(
        "MATCH (e:`__Entity__`) WHERE e.name in $entity_names WITH e CALL {"
        " WITH e MATCH (e)-[r:`LIVES_IN`]->(t) RETURN e.name AS source_id, type(r) AS type,"
        " t.name AS target_id UNION ALL WITH e MATCH (e)<-[r:`LIVES_IN`]-(t)"
        " RETURN t.name AS source_id, type(r) AS type, e.name AS target_id }"
        " RETURN source_id, type, target_id",
        entity_names=["A"],
    )
    assert list(triplets) == [("A", "LIVES_IN", "B")]


def test_graphrag_writer(graph):
    nodes = (
        "UNWIND $rows AS row CREATE (n:__KGBuilder__ {__tmp_internal_id: row.id}) "
        "SET n += row.properties WITH n, row CALL apoc.create.addLabels(n, row.labels) YIELD node"
        " WITH node as n, row WITH n, row CALL (n,row) {  "
        "WITH n, row WHERE row.embedding_properties IS NOT NULL "
        "UNWIND keys(row.embedding_properties) as emb "
        "CALL db.create.setNodeVectorProperty(n, emb, row.embedding_properties[emb]) "
        "RETURN count(*) as nbEmb } RETURN elementId(n) as element_id"
    )
    rows = [
        {"id": str(number), "labels": ["Person", "__Entity__"], "properties": {"name": name},
         "embedding_properties": {"emb": [0.5, number]} if number else None}
        for number, name in enumerate(["Ada", "Ada", "Bob"])
    ]  # fmt: skip
    assert len(list(graph.execute(nodes, rows=rows))) == 3
    relationships = (
        "UNWIND $rows as row MATCH (start:__KGBuilder__ {__tmp_internal_id: row.start_node_id}), "
        "      (end:__KGBuilder__ {__tmp_internal_id: row.end_node_id}) WITH start, end, row "
        "CALL apoc.merge.relationship(start, row.type, {}, row.properties, end, row.properties)"
        " YIELD rel  RETURN elementId(rel)"
    )
    knows = [
        {"start_node_id": str(a), "end_node_id": "2", "type": "KNOWS", "properties": {"w": a}}
        for a in (0, 1, 1)
    ]
    graph.execute(relationships, rows=knows)
    vectors = graph.execute("MATCH (n) WHERE n.emb IS NOT NULL RETURN n.emb ORDER BY n.name")
    assert [vector.dtype for (vector,) in vectors] == [np.dtype(np.float32)] * 2
    resolve = (
        "MATCH (entity:__Entity__) WITH entity, entity.name as prop "
        "WITH entity, prop WHERE prop IS NOT NULL UNWIND labels(entity) as lab  "
        "WITH lab, prop, entity WHERE NOT lab IN ['__Entity__', '__KGBuilder__'] "
        "WITH prop, lab, collect(entity) AS entities "
        "CALL apoc.refactor.mergeNodes(entities,{  properties:'discard',  mergeRels:true }) "
        "YIELD node RETURN count(node) as c "
    )
    assert graph.execute(resolve).value() == 2
    found = graph.execute("MATCH (a:Person)-[r:KNOWS]->(b) RETURN a.name, r.w, b.name")
    assert list(found) == [("Ada", 0, "Bob")]


def test_message_history(graph):
    graph.execute(
        "MERGE (s:`Session` {id:$session_id}) ON CREATE SET s.createdAt=datetime() "
        "ON MATCH SET s.updatedAt=datetime() ",
        session_id="1",
    )
    for content in ("hello", "hi", "bye"):
        graph.execute(
            "MATCH (s:`Session`) WHERE s.id = $session_id "
            "OPTIONAL MATCH (s)-[lm:LAST_MESSAGE]->(last_message) "
            "CREATE (s)-[:LAST_MESSAGE]->(new:Message) "
            "SET new += {role:$role, content:$content, createdAt: datetime()} "
            "WITH new, lm, last_message WHERE last_message IS NOT NULL "
            "CREATE (last_message)-[:NEXT]->(new) DELETE lm",
            session_id="1",
            role="user",
            content=content,
        )
    history = graph.execute(
        "MATCH (s:`Session`)-[:LAST_MESSAGE]->(last_message) WHERE s.id = $session_id "
        "MATCH p=(last_message)<-[:NEXT*0..6]-() WITH p, length(p) AS length "
        "ORDER BY length DESC LIMIT 1 UNWIND reverse(nodes(p)) AS node "
        "RETURN {data:{content: node.content}, role:node.role} AS result",
        session_id="1",
    )
    contents = [record["result"]["data"]["content"] for record in history]
    assert contents == ["hello", "hi", "bye"]


# ── what the procedures do in their corners ───────────────────────────────────────────────────


def test_merge_node_finds_by_index_by_hash_and_by_several_properties(graph):
    graph.execute("CREATE CONSTRAINT FOR (n:Keyed) REQUIRE n.k IS UNIQUE")
    merge = (
        "UNWIND $rows AS row CALL apoc.merge.node($labels, row, {made: true}, {met: true})"
        " YIELD node RETURN count(DISTINCT node)"
    )
    for label in ("Keyed", "Plain"):
        rows = [{"k": number % 5, "j": "x"} for number in range(40)]
        assert graph.execute(merge, rows=rows, labels=[label]).value() == 5
        graph.execute(f"MATCH (n:{label} {{k: 0}}) SET n.j = 'y'")
        again = [{"k": 1, "j": "x"}]
        assert graph.execute(merge, rows=again, labels=[label]).value() == 1
        met = graph.execute(f"MATCH (n:{label}) RETURN count(n), count(n.met)").single()
        assert tuple(met) == (5, 5)


def test_merge_node_sees_what_others_change_in_the_same_statement(graph):
    query = (
        "UNWIND [1, 2, 3] AS x CALL apoc.merge.node(['N'], {k: 1}) YIELD node"
        " CREATE (:N {k: 1, x: x}) RETURN count(*)"
    )
    graph.execute(query)
    assert graph.execute("MATCH (n:N {k: 1}) RETURN count(n)").value() == 4


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("apoc.merge.node(['N'], {})", errors.QueryArgumentError),
        ("apoc.merge.node(['N'], {a: null})", errors.SemanticError),
        ("apoc.merge.node([''], {a: 1})", errors.QueryArgumentError),
        ("apoc.merge.node([1], {a: 1})", errors.QueryTypeError),
        ("apoc.create.node(['N'], {a: [{b: 1}]})", errors.QueryTypeError),
        ("apoc.create.addLabels(1, ['N'])", errors.QueryTypeError),
        ("apoc.refactor.mergeNodes([1])", errors.QueryTypeError),
        ("apoc.refactor.mergeNodes([], {properties: 'x'})", errors.QueryArgumentError),
        ("db.awaitIndex('none')", errors.SchemaError),
    ],
)
def test_wrong_arguments(graph, call, error):
    with pytest.raises(error):
        list(graph.execute(f"CALL {call}"))
    assert graph.execute("MATCH (n) RETURN count(n)").value() == 0


def test_vectors_are_finite_numbers(graph):
    graph.execute("CREATE (:N)")
    for vector in ([], ["a"], [float("nan")], None, "abc"):
        with pytest.raises(errors.QueryArgumentError):
            graph.execute("MATCH (n) CALL db.create.setNodeVectorProperty(n, 'v', $v)", v=vector)


def test_merge_nodes_moves_relationships_and_counts(graph):
    graph.execute(
        "CREATE (a:A {x: 1}), (b:B {x: 2, y: 3}), (c:C), (a)-[:R]->(c), (b)-[:R {w: 1}]->(c),"
        " (c)-[:S]->(b), (a)-[:T]->(b)"
    )
    result = graph.execute(
        "MATCH (a:A), (b:B) CALL apoc.refactor.mergeNodes([a, b], {properties: 'combine'})"
        " YIELD node RETURN labels(node), node.x, node.y"
    )
    assert list(result) == [(["A", "B"], [1, 2], 3)]
    shape = graph.execute("MATCH (x)-[r]->(y) RETURN type(r) AS t, count(*) AS n ORDER BY t")
    assert list(shape) == [("R", 2), ("S", 1), ("T", 1)]
    assert graph.execute("MATCH (n) RETURN count(n)").value() == 2
    assert graph.verify() == []
