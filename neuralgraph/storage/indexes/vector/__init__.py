"""Vector indexes: nearest neighbours by cosine, Euclidean distance or dot product."""
