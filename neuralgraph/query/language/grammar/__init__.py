"""The grammar: pyparsing elements, built once at the first parse."""
