"""The HTTP contract and nothing else: routes as data, one transport, one coroutine an endpoint."""
