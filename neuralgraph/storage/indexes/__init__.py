"""Ways to find without scanning: where to look, never what is true.

`IndexRun` is an index over the base, sorted and stored; `DeltaIndex` holds the candidates of what
changed since. A view (`storage.versions`) reads both and checks what a layer has touched.
"""
