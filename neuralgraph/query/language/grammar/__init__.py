"""The grammar: `elements` put together, once, at the first parse."""
