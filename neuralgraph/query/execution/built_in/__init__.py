"""The procedures that are always there.

names        db.labels, db.relationshipTypes, db.propertyKeys, db.awaitIndex(es), db.ping, dbms.components
metadata     db.schema.*, apoc.meta.*; observed.py counts what they show
indexes      apoc.schema.*
creating     apoc.create.*, db.create.set...VectorProperty
merging      apoc.merge.*
refactoring  apoc.refactor.mergeNodes
searching    db.index.vector.*, neural.search
fulltext_queries, fulltext_indexes    db.index.fulltext.*, neural.fulltext.*

Those of APOC are the ones that graph libraries send; each does what APOC's does, as far as it means
anything here.
"""

from typing import TYPE_CHECKING

from neuralgraph.doors import door

if TYPE_CHECKING:
    from neuralgraph.query.execution.built_in.catalogue import BUILT_IN
else:
    __getattr__ = door(__name__, catalogue="BUILT_IN")

__all__ = ["BUILT_IN"]
