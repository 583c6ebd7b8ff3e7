"""The subcommands of ``launch``, one module a subject. Only they print."""
