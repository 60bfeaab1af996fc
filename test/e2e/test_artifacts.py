# SPDX-License-Identifier: Apache-2.0
"""Artifacts stream: a file of 1 GiB goes up and down without resting in Gavel's memory."""

import hashlib
import http.client
import threading
import time

from support.gavel import slow
from support.world import DS

MIB = 1 << 20
SIZE = 1024 * MIB
GROWTH = 16 * MIB * slow()  # a sanitizer keeps what is freed


def blocks(count):
    """Megabytes that differ from one another."""
    base = bytearray(hashlib.shake_256(b"gavel").digest(MIB))
    for number in range(count):
        base[:8] = number.to_bytes(8, "big")
        yield bytes(base)


class Watch:
    """The most physical memory that Gavel had meanwhile."""

    def __init__(self, gavel):
        self.gavel = gavel
        self.before = self.most = gavel.resident()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.over.wait(0.02):
            self.most = max(self.most, self.gavel.resident())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.over.set()
        self.thread.join()
        self.most = max(self.most, self.gavel.resident())

    @property
    def growth(self):
        return self.most - self.before


def place(world):
    path = world.run()["artifact_uri"].removeprefix("mlflow-artifacts:/").lstrip("/")
    return f"/api/2.0/mlflow-artifacts/artifacts/{path}"


def upload(world, url, count, chunked=False):
    """Sends `count` megabytes; the digest of what was sent."""
    digest = hashlib.sha256()

    def body():
        for block in blocks(count):
            digest.update(block)
            yield block
    connection = http.client.HTTPConnection("127.0.0.1", world.gavel.ports["gateway"], timeout=240)
    headers = {"Authorization": f"Bearer {world.token(DS)}", "Content-Type": "application/octet-stream"}
    if not chunked:
        headers["Content-Length"] = str(count * MIB)
    connection.request("PUT", url, body=body(), headers=headers, encode_chunked=chunked)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    assert answer.status == 200, text
    return digest.hexdigest()


def download(world, url):
    digest = hashlib.sha256()
    size = 0
    with world.gavel.gateway("GET", url, token=world.token(DS), stream=True, timeout=240) as answer:
        assert answer.status_code == 200, answer.text
        for piece in answer.iter_content(MIB):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def test_a_gibibyte_goes_up_and_down_without_growth(world):
    url = place(world)
    upload(world, f"{url}/small.bin", 8)
    download(world, f"{url}/small.bin")  # what is needed once is there from here on
    with Watch(world.gavel) as up:
        sent = upload(world, f"{url}/large.bin", SIZE // MIB)
    with Watch(world.gavel) as down:
        received, size = download(world, f"{url}/large.bin")
    assert (received, size) == (sent, SIZE)
    assert up.growth < GROWTH, f"{up.growth / MIB:.1f} MiB on the way up"
    assert down.growth < GROWTH, f"{down.growth / MIB:.1f} MiB on the way down"


def test_an_upload_without_a_length_streams_as_well(world):
    url = f"{place(world)}/chunked.bin"
    sent = upload(world, url, 32, chunked=True)
    assert download(world, url) == (sent, 32 * MIB)


def test_a_slow_reader_does_not_fill_the_memory(world):
    """MLflow delivers faster than this client reads: Gavel lets MLflow wait."""
    url = f"{place(world)}/slow.bin"
    upload(world, url, 128)
    with Watch(world.gavel) as watch, \
            world.gavel.gateway("GET", url, token=world.token(DS), stream=True, timeout=240) as answer:
        time.sleep(1.5)
        size = sum(len(piece) for piece in answer.iter_content(MIB))
    assert size == 128 * MIB
    assert watch.growth < GROWTH, f"{watch.growth / MIB:.1f} MiB"


def test_a_range_is_passed_on(world):
    url = f"{place(world)}/range.bin"
    upload(world, url, 1)
    answer = world.gavel.gateway("GET", url, token=world.token(DS), headers={"Range": "bytes=0-7"})
    assert answer.status_code in (200, 206)
    assert answer.content[:8] == bytes(8)


def test_an_upload_by_nobody_is_refused_before_it_is_read(world):
    """The answer comes although only the head was sent: nothing is read that is not going to be used."""
    connection = http.client.HTTPConnection("127.0.0.1", world.gavel.ports["gateway"], timeout=30)
    connection.putrequest("PUT", f"{place(world)}/refused.bin")
    connection.putheader("Content-Length", str(SIZE))
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 401
    connection.close()
