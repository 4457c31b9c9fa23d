"""The command line: one module a command, no algorithm, no format knowledge."""
