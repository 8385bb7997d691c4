"""All questions, in the order of the table; reads before the ones that change the data."""

from benchmarks import (
    w0_trivial_query,
    w1_load,
    w2_durable_transaction,
    w3_literal_lookup,
    w3_point_lookup,
    w4_one_hop,
    w5_two_hops,
    w6_three_hops,
    w7_all_two_hops,
    w8_triangles,
    w9_likes_by_city,
    w10_reach,
)

QUESTIONS = (
    w0_trivial_query.QUESTION,
    w3_point_lookup.QUESTION,
    w3_literal_lookup.QUESTION,
    w4_one_hop.QUESTION,
    w5_two_hops.QUESTION,
    w6_three_hops.QUESTION,
    w7_all_two_hops.QUESTION,
    w8_triangles.QUESTION,
    w9_likes_by_city.QUESTION,
    w10_reach.QUESTION,
    w1_load.QUESTION,
    w2_durable_transaction.QUESTION,
)
