"""The fast door: gRPC and HTTP inside Envoy, which pyvoy gives a Python interpreter.

`launch` turns the process into Envoy, with the configuration that `bootstrap` makes; in there, `door` serves what the
other doors serve.
"""
