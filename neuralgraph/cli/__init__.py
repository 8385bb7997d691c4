"""The command line: a shell and four commands over the public API.

`main` reads the arguments, `commands` has one function a command, `shell` is the interactive part,
`splitting` finds where statements end, `rendering` draws rows. Nothing here knows what is below `api`.
"""
