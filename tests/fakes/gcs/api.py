"""The JSON API of Google Cloud Storage, as far as its clients use it for objects: a request in, an answer out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from fakes.gcs.buckets import Bucket, RefusedError, Stored

_OBJECT = re.compile(r"(?:/download)?/storage/v1/b/(?P<bucket>[^/]+)/o/(?P<name>.+)")
_LISTING = re.compile(r"/storage/v1/b/(?P<bucket>[^/]+)/o/?")
_BUCKET = re.compile(r"/storage/v1/b/(?P<bucket>[^/]+)/?")
_UPLOAD = re.compile(r"/upload/storage/v1/b/(?P<bucket>[^/]+)/o/?")
_RANGE = re.compile(r"bytes=(?P<first>\d*)-(?P<last>\d*)")
_CONTENT_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-(?P<last>\d+)|\*)/(?P<total>\d+|\*)")


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path, still quoted: a quoted slash belongs to an object's name."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The query's values."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. `about` is the object that its body is a part of."""

    status: int
    body: bytes | memoryview = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    about: str = ""


@dataclass
class Session:
    """A resumable upload that is not finished."""

    bucket: str
    name: str
    conditions: Mapping[str, str]
    received: bytearray = field(default_factory=bytearray)
    finished: Answer | None = None


class Api:
    """Buckets behind the JSON API. Unknown buckets are refused, as they are there."""

    def __init__(self, *buckets: str) -> None:
        self.buckets = {name: Bucket(name) for name in buckets}
        self.sessions: dict[str, Session] = {}

    def answer(self, request: Request) -> Answer:
        """Do what a request asks, or refuse it in the service's words."""
        try:
            return self._route(request)
        except RefusedError as refused:
            return refusal(refused.status, refused.message)

    def _route(self, request: Request) -> Answer:
        path = request.path
        if found := _UPLOAD.fullmatch(path):
            return self._upload(request, self._bucket(found["bucket"]))
        if found := _OBJECT.fullmatch(path):
            return self._object(request, self._bucket(found["bucket"]), unquote(found["name"]))
        if found := _LISTING.fullmatch(path):
            return as_json(self._bucket(found["bucket"]).page(request.query))
        if found := _BUCKET.fullmatch(path):
            return as_json(self._bucket(found["bucket"]).resource())
        raise RefusedError(404, f"Not Found: {request.method} {path}")

    def _bucket(self, name: str) -> Bucket:
        if name not in self.buckets:
            raise RefusedError(404, "The specified bucket does not exist.")
        return self.buckets[name]

    def _object(self, request: Request, bucket: Bucket, name: str) -> Answer:
        if request.method == "DELETE":
            bucket.delete(name, request.query)
            return Answer(204)
        found = bucket.get(name, request.query)
        if request.query.get("alt") == "media":
            return media(found, request.headers.get("range"))
        return as_json(found.resource(bucket.name))

    def _upload(self, request: Request, bucket: Bucket) -> Answer:
        query = request.query
        if "upload_id" in query:
            return self._resume(request, query["upload_id"])
        if query.get("uploadType") == "multipart":
            about, content = parts(request)
            return as_json(bucket.put(about["name"], content, query).resource(bucket.name))
        if query.get("uploadType") == "resumable":
            name = query.get("name") or json.loads(request.body)["name"]
            number = f"session-{len(self.sessions) + 1}"
            self.sessions[number] = Session(bucket.name, name, query)
            where = f"http://{request.headers['host']}{request.path}?uploadType=resumable&upload_id={number}"
            return Answer(200, headers={"Location": where, "X-GUploader-UploadID": number})
        return as_json(bucket.put(query["name"], request.body, query).resource(bucket.name))

    def _resume(self, request: Request, number: str) -> Answer:
        session = self.sessions.get(number)
        asked = _CONTENT_RANGE.fullmatch(request.headers.get("content-range", ""))
        if session is None or asked is None:
            raise RefusedError(404 if session is None else 400, "No such upload, or no range")
        if session.finished is not None:
            return session.finished
        if asked["first"] is not None:
            if int(asked["first"]) > len(session.received):
                raise RefusedError(503, "A range in between is missing")
            session.received[int(asked["first"]) :] = request.body
        if asked["total"] == "*" or len(session.received) < int(asked["total"]):
            last = len(session.received) - 1
            return Answer(308, headers={"Range": f"bytes=0-{last}"} if last >= 0 else {})
        bucket = self._bucket(session.bucket)
        made = bucket.put(session.name, bytes(session.received), session.conditions)
        session.finished = as_json(made.resource(bucket.name))
        return session.finished


def media(found: Stored, asked: str | None) -> Answer:
    """Return an object's bytes, or the range asked for; 416 where it begins behind the end."""
    size = len(found.content)
    headers = {
        "Content-Type": "application/octet-stream",
        "Accept-Ranges": "bytes",
        "X-Goog-Generation": str(found.generation),
        "X-Goog-Metageneration": "1",
        "X-Goog-Hash": f"crc32c={found.crc32c},md5={found.md5}",
        "X-Goog-Stored-Content-Length": str(size),
        "X-Goog-Storage-Class": "STANDARD",
    }
    span = _RANGE.fullmatch(asked or "")
    if span is None:
        return Answer(200, memoryview(found.content), headers, about=found.name)
    first = int(span["first"]) if span["first"] else max(size - int(span["last"]), 0)
    end = min(int(span["last"]) + 1, size) if span["first"] and span["last"] else size
    if first >= size:
        return Answer(
            416,
            b"The requested range cannot be satisfied.",
            {"Content-Range": f"bytes */{size}", **headers},
            found.name,
        )
    headers["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
    return Answer(206, memoryview(found.content)[first:end], headers, about=found.name)


def parts(request: Request) -> tuple[dict[str, Any], bytes]:
    """Split a multipart upload into metadata and content."""
    boundary = re.search(r"boundary=\"?([^\";]+)", request.headers["content-type"])
    if boundary is None:
        raise RefusedError(400, "No boundary")
    mark = b"--" + boundary[1].encode()
    _, about, content = request.body.split(mark, 2)
    content = content[: content.rindex(b"\r\n" + mark)]
    return json.loads(about.split(b"\r\n\r\n", 1)[1]), content.split(b"\r\n\r\n", 1)[1]


def as_json(document: Mapping[str, Any]) -> Answer:
    """Answer with a document."""
    return Answer(200, json.dumps(document).encode(), {"Content-Type": "application/json; charset=UTF-8"})


def refusal(status: int, message: str) -> Answer:
    """Refuse in the service's form."""
    error = {"code": status, "message": message, "errors": [{"message": message, "domain": "global"}]}
    return Answer(status, json.dumps({"error": error}).encode(), {"Content-Type": "application/json; charset=UTF-8"})
