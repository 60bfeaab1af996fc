# SPDX-License-Identifier: Apache-2.0
"""A proxy between Gavel and MLflow that counts requests, and can stop the world at one of them.

    with PausingProxy(mlflow.url) as proxy:
        hold = proxy.hold(3, "before", lambda request: "/model-versions/" in request.path)
        ...
        hold.reached()      # Gavel's third such request is here, and MLflow has not seen it
        hold.drop()         # nor will it ever

"after" holds the answer instead: MLflow has done what it was asked, and Gavel does not know. release() lets it go on.
Requests and answers are read whole before they go on.
"""

import http.client
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOLD_SECONDS = 60
# Of one connection each; http.client and we make our own.
HOP_HEADERS = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


class Request:
    def __init__(self, method, path, body):
        self.method = method
        self.path = path
        self.body = body
        self.forwarded = False

    def __repr__(self):
        return f"{self.method} {self.path}{'' if self.forwarded else ' (not forwarded)'}"


class Hold:
    def __init__(self, number, when, matches):
        self.left = number
        self.when = when
        self.matches = matches
        self.request = None
        self._reached = threading.Event()
        self._decided = threading.Event()
        self._dropped = False

    def reached(self, seconds=HOLD_SECONDS):
        """Waits until the request is here; False when none came."""
        return self._reached.wait(seconds)

    def release(self):
        self._decided.set()

    def drop(self):
        self._dropped = True
        self._decided.set()

    def stop_here(self, request):
        """Of the proxy: waits for the test's decision. Is the request to go on?"""
        self.request = request
        self._reached.set()
        return self._decided.wait(HOLD_SECONDS) and not self._dropped


class PausingProxy:
    def __init__(self, upstream):
        """`upstream` may be changed while running: a test may move MLflow."""
        self.upstream = upstream
        self.requests = []
        self.headers = []
        self.holds = []
        self.lock = threading.Lock()
        self.server = None
        self.port = 0
        self.is_down = False

    def hold(self, number=1, when="before", matches=lambda request: True):
        """Stops the number-th request from now on that matches."""
        hold = Hold(number, when, matches)
        with self.lock:
            self.holds.append(hold)
        return hold

    def forwarded(self, method, path):
        """The requests that MLflow has seen whose path ends like this."""
        return [r for r in self.requests if r.forwarded and r.method == method and r.path.endswith(path)]

    def clear(self):
        with self.lock:
            self.requests.clear()
            self.headers.clear()
            self.holds.clear()

    def arrived(self, request, headers):
        """Notes a request; the hold that is for it, or None."""
        with self.lock:
            self.requests.append(request)
            self.headers.append(headers)
            for hold in self.holds:
                if not hold.matches(request):
                    continue
                hold.left -= 1
                if hold.left == 0:
                    self.holds.remove(hold)
                    return hold
        return None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def up(self):
        self.is_down = False
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), handler_of(self))
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def down(self):
        """As if MLflow were not running: nothing is accepted, and open connections break at the next request."""
        self.is_down = True
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        self.up()
        return self

    def __exit__(self, *exc):
        for hold in self.holds:
            hold.drop()
        self.down()


def handler_of(proxy):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # head and body in one packet

        def relay(self):
            if proxy.is_down:
                self.close_connection = True
                return
            request = Request(self.command, self.path, self.read_body())
            hold = proxy.arrived(request, list(self.headers.items()))
            if hold and hold.when == "before" and not hold.stop_here(request):
                self.close_connection = True
                return
            try:
                answer, body = self.forward(request)
            except OSError as error:
                self.send_error(502, f"upstream: {error}")
                return
            if hold and hold.when == "after" and not hold.stop_here(request):
                self.close_connection = True
                return
            self.answer(answer, body)

        def read_body(self):
            if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            pieces = []
            while (size := int(self.rfile.readline().split(b";")[0], 16)):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)

        def forward(self, request):
            where = urllib.parse.urlsplit(proxy.upstream)
            connection = http.client.HTTPConnection(where.hostname, where.port, timeout=HOLD_SECONDS)
            try:
                connection.putrequest(request.method, request.path, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() not in HOP_HEADERS:
                        connection.putheader(name, value)
                connection.putheader("Content-Length", str(len(request.body)))
                connection.endheaders(request.body)
                request.forwarded = True
                answer = connection.getresponse()
                return answer, answer.read()
            finally:
                connection.close()

        def answer(self, answer, body):
            try:
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in HOP_HEADERS:
                        self.send_header(name, value)
                length = answer.getheader("Content-Length") if self.command == "HEAD" else len(body)
                self.send_header("Content-Length", str(length or 0))
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()
            except OSError:
                self.close_connection = True  # Gavel was killed meanwhile, which may be the point

        def log_message(self, *args):
            pass

    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        setattr(Handler, f"do_{method}", Handler.relay)
    return Handler
