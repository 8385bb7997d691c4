import pytest

from neuralgraph.access import ConstraintDefinition, IndexDefinition
from neuralgraph.errors import (
    ConflictError,
    ConstraintViolationError,
    LockTimeoutError,
    SchemaError,
)
from tests.support.engines import add_node, in_thread, open_engine

UNIQUE = ConstraintDefinition("email_unique", "unique", "node", "Person", ("email",))
PAIR = ConstraintDefinition("place_key", "key", "node", "Place", ("x", "y"))
EXISTS = ConstraintDefinition("name_there", "exists", "node", "Person", ("name",))
WHOLE = ConstraintDefinition("age_whole", "type", "node", "Person", ("age",), "INTEGER")
EDGE_UNIQUE = ConstraintDefinition("ticket", "unique", "edge", "FLIES", ("ticket",))
EDGE_EXISTS = ConstraintDefinition("since_there", "exists", "edge", "KNOWS", ("since",))


@pytest.fixture
def engine():
    opened = open_engine()
    yield opened
    opened.close()


def constrain(engine, *constraints):
    for constraint in constraints:
        changing = engine.begin()
        changing.create_constraint(constraint)
        changing.commit()


def test_a_unique_value_is_refused_at_the_write(engine):
    constrain(engine, UNIQUE)
    first = add_node(engine, "Person", email="a")
    writing = engine.begin()
    with pytest.raises(ConstraintViolationError) as caught:
        writing.create_node(["Person"], {"email": "a"})
    assert str(caught.value) == (
        f"Node({first}) already exists with label `Person` and property `email` = 'a'"
        " (constraint email_unique)"
    )
    assert caught.value.constraint == "email_unique"
    other = writing.create_node(["Person"], {"email": "b"})
    with pytest.raises(ConstraintViolationError):
        writing.set_node_property(other, "email", "a")
    lone = writing.create_node([], {"email": "b"})
    with pytest.raises(ConstraintViolationError):
        writing.add_label(lone, "Person")
    writing.create_node(["Person"], {})
    writing.create_node(["Person"], {})
    writing.commit()


def test_unique_sees_the_transactions_own_writes(engine):
    constrain(engine, UNIQUE)
    first = add_node(engine, "Person", email="a")
    writing = engine.begin()
    second = writing.create_node(["Person"], {"email": "b"})
    with pytest.raises(ConstraintViolationError):
        writing.create_node(["Person"], {"email": "b"})
    writing.set_node_property(first, "email", "c")
    writing.set_node_property(second, "email", "a")
    writing.create_node(["Person"], {"email": "b"})
    writing.delete_node(first)
    writing.create_node(["Person"], {"email": "c"})
    writing.commit()
    assert engine.reader().catalog.node_count("Person") == 3


def test_equal_numbers_are_equal_values(engine):
    constrain(engine, UNIQUE)
    add_node(engine, "Person", email=1)
    for value in (1, 1.0):
        with pytest.raises(ConstraintViolationError):
            add_node(engine, "Person", email=value)
    add_node(engine, "Person", email=True)
    add_node(engine, "Person", email="1")


def test_of_two_transactions_that_want_a_value_one_waits_and_then_fails():
    engine = open_engine(busy_timeout_s=5)
    constrain(engine, UNIQUE)
    one, two = engine.begin(), engine.begin()
    one.create_node(["Person"], {"email": "a"})
    failures = []

    def second():
        try:
            two.create_node(["Person"], {"email": "a"})
        except ConstraintViolationError as error:
            failures.append(error)
        two.rollback()

    thread = in_thread(second)
    thread.join(0.02)
    assert thread.is_alive()
    one.commit()
    thread.join(5)
    assert len(failures) == 1
    engine.close()


def test_a_value_set_free_since_the_snapshot_is_a_conflict(engine):
    constrain(engine, UNIQUE)
    first = add_node(engine, "Person", email="a")
    late, freeing = engine.begin(), engine.begin()
    freeing.delete_node(first)
    freeing.commit()
    with pytest.raises(ConflictError):
        late.create_node(["Person"], {"email": "a"})
    late.rollback()
    add_node(engine, "Person", email="a")


def test_a_value_taken_since_the_snapshot_is_seen(engine):
    constrain(engine, UNIQUE)
    late = engine.begin()
    add_node(engine, "Person", email="a")
    with pytest.raises(ConstraintViolationError):
        late.create_node(["Person"], {"email": "a"})


def test_a_key_is_unique_and_there(engine):
    constrain(engine, PAIR)
    add_node(engine, "Place", x=1, y=1)
    add_node(engine, "Place", x=1, y=2)
    with pytest.raises(ConstraintViolationError, match="`x` = 1 and `y` = 1"):
        add_node(engine, "Place", x=1, y=1)
    with pytest.raises(ConstraintViolationError, match=r"must have the properties \(`x`, `y`\)"):
        add_node(engine, "Place", x=3)


def test_what_must_exist_is_asked_for_at_commit(engine):
    constrain(engine, EXISTS)
    writing = engine.begin()
    node = writing.create_node(["Person"], {})
    writing.set_node_property(node, "name", "Ada")
    writing.commit()
    removing = engine.begin()
    removing.set_node_property(node, "name", None)
    with pytest.raises(ConstraintViolationError, match="must have the property `name`"):
        removing.commit()
    away = engine.begin()
    away.set_node_property(node, "name", None)
    away.remove_label(node, "Person")
    away.commit()
    back = engine.begin()
    back.add_label(node, "Person")
    with pytest.raises(ConstraintViolationError):
        back.commit()


def test_types_are_checked_at_the_write(engine):
    constrain(engine, WHOLE)
    writing = engine.begin()
    node = writing.create_node(["Person"], {"age": 1})
    with pytest.raises(ConstraintViolationError, match="of type INTEGER, but 'x' is of type STRI"):
        writing.set_node_property(node, "age", "x")
    writing.set_node_property(node, "age", None)
    writing.commit()


def test_relationships_have_constraints_too(engine):
    constrain(engine, EDGE_UNIQUE, EDGE_EXISTS)
    node = add_node(engine, "N")
    writing = engine.begin()
    first = writing.create_edge("FLIES", node, node, {"ticket": 7})
    with pytest.raises(ConstraintViolationError, match=rf"Relationship\({first}\) already exists"):
        writing.create_edge("FLIES", node, node, {"ticket": 7})
    second = writing.create_edge("FLIES", node, node, {"ticket": 8})
    with pytest.raises(ConstraintViolationError):
        writing.set_edge_property(second, "ticket", 7)
    writing.create_edge("KNOWS", node, node, {})
    with pytest.raises(ConstraintViolationError, match="type `KNOWS` must have the property"):
        writing.commit()


def test_a_constraint_is_not_made_over_data_that_breaks_it(engine):
    first, second = add_node(engine, "Person", email="a"), add_node(engine, "Person", email="a")
    changing = engine.begin()
    with pytest.raises(
        ConstraintViolationError, match=f"nodes {first} and {second} both have `email` = 'a'"
    ):
        changing.create_constraint(UNIQUE)
    with pytest.raises(ConstraintViolationError, match="lack `name`"):
        changing.create_constraint(EXISTS)
    changing.rollback()
    add_node(engine, "Person", age="old")
    with pytest.raises(ConstraintViolationError, match="STRING"):
        constrain(engine, WHOLE)
    assert engine.reader().catalog.constraints() == []


def test_constraints_hold_after_a_checkpoint_and_a_new_opening():
    engine = open_engine()
    add_node(engine, "Person", email="a")
    constrain(engine, UNIQUE)
    engine.checkpoint()
    with pytest.raises(ConstraintViolationError):
        add_node(engine, "Person", email="a")
    add_node(engine, "Person", email="b")
    engine.close()
    again = open_engine(engine._directory)
    for value in "ab":
        with pytest.raises(ConstraintViolationError):
            add_node(again, "Person", email=value)
    assert again.verify() == []
    again.close()


def test_names_and_equal_definitions_are_refused(engine):
    index = IndexDefinition("by_name", "range", "node", ("Person",), ("name",))
    changing = engine.begin()
    changing.create_index(index)
    for again in (index, IndexDefinition("other", "range", "node", ("Person",), ("name",))):
        with pytest.raises(SchemaError, match="already"):
            changing.create_index(again)
    changing.create_constraint(UNIQUE)
    with pytest.raises(SchemaError, match="belongs to the constraint"):
        changing.drop_index("email_unique")
    with pytest.raises(SchemaError, match="no index named"):
        changing.drop_index("nothing")
    with pytest.raises(SchemaError, match="no constraint named"):
        changing.drop_constraint("nothing")
    with pytest.raises(SchemaError, match="already"):
        changing.create_constraint(
            ConstraintDefinition("again", "unique", "node", "Person", ("email",))
        )
    changing.commit()
    assert [known.name for known in engine.reader().catalog.indexes()] == [
        "by_name",
        "email_unique",
    ]
    dropping = engine.begin()
    dropping.drop_constraint("email_unique")
    dropping.drop_index("by_name")
    dropping.commit()
    assert engine.reader().catalog.indexes() == []
    add_node(engine, "Person", email="a")
    add_node(engine, "Person", email="a")


def test_data_and_schema_do_not_mix(engine):
    writing = engine.begin()
    mark = writing.savepoint()
    writing.create_node(["N"], {})
    with pytest.raises(SchemaError, match="of their own"):
        writing.create_constraint(UNIQUE)
    writing.rollback_to(mark)
    writing.create_constraint(UNIQUE)
    with pytest.raises(SchemaError, match="of their own"):
        writing.create_node(["N"], {})
    writing.commit()


def test_schema_changes_wait_for_writers_and_keep_them_out(engine):
    writing = engine.begin()
    writing.create_node(["N"], {})
    with pytest.raises(LockTimeoutError, match="the schema"):
        engine.begin().create_constraint(UNIQUE)
    writing.commit()
    late = engine.begin()
    changing = engine.begin()
    changing.create_constraint(UNIQUE)
    with pytest.raises(LockTimeoutError):
        engine.begin().create_node(["N"], {})
    changing.commit()
    with pytest.raises(ConflictError, match="the schema"):
        late.create_node(["N"], {})


def test_an_index_finds_what_was_there_before_it_and_what_came_after(engine):
    before = add_node(engine, "Person", name="Ada")
    engine.checkpoint()
    between = add_node(engine, "Person", name="Ada")
    index = IndexDefinition("by_name", "range", "node", ("Person",), ("name",))
    changing = engine.begin()
    changing.create_index(index)
    assert changing.catalog.indexes() == []
    changing.commit()
    after = add_node(engine, "Person", name="Ada")
    assert sorted(engine.reader().seek(index, ("Ada",)).tolist()) == [before, between, after]
    engine.checkpoint()
    assert sorted(engine.reader().seek(index, ("Ada",)).tolist()) == [before, between, after]


def test_a_constraint_over_bad_data_names_the_offenders(engine):
    for _ in range(7):
        add_node(engine, "Person")
    offenders = [add_node(engine, "Person", age=value, name="n") for value in ("old", 3.5)]
    add_node(engine, "Person", age=3, name="n")
    with pytest.raises(ConstraintViolationError) as caught:
        refused(engine, WHOLE)
    assert str(caught.value) == (
        f"nodes {offenders[0]}, {offenders[1]} have `age` = 'old', 3.5, which is not of type INTEGER;"
        " that breaks the constraint age_whole on Person, and nothing was changed"
    )
    with pytest.raises(ConstraintViolationError, match="and 2 more lack `name`"):
        refused(engine, EXISTS)
    assert list(engine.reader().catalog.constraints()) == []


def refused(engine, constraint):
    changing = engine.begin()
    try:
        changing.create_constraint(constraint)
    finally:
        changing.rollback()
