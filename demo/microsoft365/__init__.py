"""A sample tenant of Microsoft 365 on this machine, and the configuration that leads to it.

The tenant is the stand-in that the tests hold to Microsoft's published schema (tests/servers/graph): there is one
stand-in, so that what people try is what was proven.
"""
