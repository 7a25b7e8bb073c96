"""Qdrant's REST interface, as far as hybrid uses it, on the client's own local mode: to see that what is sent to a
server can be read there, and what becomes of a key."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from qdrant_client import QdrantClient, models


class Running:
    """One that runs: its URL, and what it was asked."""

    def __init__(self, key: str | None) -> None:
        self.key = key
        self.failing = 0
        """How many of the next requests are answered with 503."""
        self.asked: list[tuple[str, Any]] = []
        self.points = QdrantClient(":memory:", force_disable_check_same_thread=True)
        self.lock = threading.Lock()
        self.url = ""

    def answer(self, method: str, path: list[str], body: Any) -> Any:
        name, rest = path[1], path[2:]
        client = self.points
        if rest == ["exists"]:
            return {"exists": client.collection_exists(name)}
        if not client.collection_exists(name) and method != "PUT":
            return None
        match method, rest:
            case "PUT", []:
                return client.create_collection(name, vectors_config=models.VectorParams(**body["vectors"]))
            case "GET", []:
                return client.get_collection(name).model_dump(mode="json")
            case "DELETE", []:
                return client.delete_collection(name)
            case "PUT", ["points"]:
                return client.upsert(name, points=models.Batch(**body["batch"])).model_dump(mode="json")
            case "POST", ["points"]:
                rows = client.retrieve(name, ids=body["ids"], with_vectors=body["with_vector"])
                return [row.model_dump(mode="json") for row in rows]
            case "POST", ["points", "delete"]:
                return client.delete(name, points_selector=body["points"]).model_dump(mode="json")
            case "POST", ["points", "count"]:
                return {"count": client.count(name).count}
            case "POST", ["points", "scroll"]:
                rows, offset = client.scroll(name, limit=min(body["limit"], 2), offset=body.get("offset"))
                return {"points": [row.model_dump(mode="json") for row in rows], "next_page_offset": offset}
            case "POST", ["points", "query"]:
                only = models.Filter(**body["filter"]) if body.get("filter") else None
                found = client.query_points(
                    name, query=body["query"]["nearest"], limit=body["limit"], query_filter=only
                )
                return found.model_dump(mode="json")
        raise AssertionError((method, path))


@contextmanager
def running(key: str | None = None) -> Iterator[Running]:
    """A server on a free port, for the block; with ``key`` it refuses whoever does not send it."""
    server = Running(key)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            path = self.path.partition("?")[0].strip("/").split("/")
            status, result = 200, None
            with server.lock:
                server.asked.append((f"{self.command} {'/'.join(path[2:])}", body))
                if server.failing:
                    server.failing -= 1
                    status = 503
                elif server.key is not None and self.headers.get("api-key") != server.key:
                    status = 401
                elif (result := server.answer(self.command, path, body)) is None:
                    status = 404
            said = json.dumps({"result": result, "status": "ok" if status == 200 else "error", "time": 0.0}).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - the names of http.server

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        server.url = f"http://127.0.0.1:{listening.server_port}"
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()
            server.points.close()
