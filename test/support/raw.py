# SPDX-License-Identifier: Apache-2.0
"""HTTP byte by byte, for requests that no client library would send."""

import socket

SECOND_ANSWER = 0.2  # seconds to wait for an answer that must not come


class Answer:
    def __init__(self, data, closed):
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.data = data
        self.status = int(lines[0].split()[1]) if lines[0].startswith("HTTP/") else None
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.closed = closed  # by the server, rather than by our patience

    def count(self):
        """How many answers came: two mean that one request was taken for two."""
        return self.data.count(b"HTTP/1.1 ")

    def __repr__(self):
        return f"Answer({self.data[:400]!r}, closed={self.closed})"


def connect(port, timeout=10):
    return socket.create_connection(("127.0.0.1", port), timeout=timeout)


def is_whole(data):
    """Is there an answer with all of its body? (Gavel's own have a Content-Length.)"""
    answer = Answer(data, False)
    length = answer.headers.get("content-length", "")
    return b"\r\n\r\n" in data and length.isdigit() and len(answer.body) >= int(length)


def read_to_end(connection, patience=2.0):
    """All that comes until the server closes, or nothing more comes for a while: a short while, once there is a whole
    answer."""
    data = b""
    connection.settimeout(patience)
    try:
        while (piece := connection.recv(65536)):
            data += piece
            if is_whole(data):
                connection.settimeout(min(patience, SECOND_ANSWER))
    except TimeoutError:
        return data, False
    except ConnectionResetError:
        pass
    return data, True


def exchange(port, request, patience=2.0):
    """Sends the bytes and reads what comes back."""
    with connect(port) as connection:
        try:
            connection.sendall(request)
        except OSError:
            pass  # refused before it was read whole
        return Answer(*read_to_end(connection, patience))


def head(method, target, token=None, host="127.0.0.1", headers=(), body=b""):
    """A request as a list of header lines makes it; Content-Length only when there is a body."""
    lines = [f"{method} {target} HTTP/1.1".encode(), f"Host: {host}".encode()]
    if token:
        lines.append(f"Authorization: Bearer {token}".encode())
    if body:
        lines += [b"Content-Type: application/json", f"Content-Length: {len(body)}".encode()]
    lines += [line if isinstance(line, bytes) else line.encode() for line in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
