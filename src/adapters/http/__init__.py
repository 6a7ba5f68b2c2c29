"""The REST door: JSON, server-sent events and a plain page on uvicorn."""

from adapters.http.door import HttpDoor

__all__ = ["HttpDoor"]
