"""What the receivers share: a ledger that is on disk before anything is answered, their ports, and the order of behaviours."""

import asyncio
import hashlib
import json
import os
import pathlib
import socket
import ssl
import time
from collections import Counter


class Ledger:
    """One JSON line per message in a file. append() returns when its line is on disk; many wait for one fsync together."""

    def __init__(self, path, sync=True):
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self.sync = sync
        self.lines, self.taken, self.synced = [], 0, 0
        self.lock = asyncio.Lock()
        size = os.fstat(self.fd).st_size
        if size and os.pread(self.fd, 1, size - 1) != b"\n":  # the one before was killed in the middle of a line
            os.write(self.fd, b"\n")

    async def append(self, body, **record):
        record.update(sha256=hashlib.sha256(body).hexdigest(), time=time.time(), body=body.decode("utf-8", "backslashreplace"))
        self.lines.append(json.dumps(record) + "\n")
        self.taken += 1
        mine = self.taken
        while self.synced < mine:
            async with self.lock:
                if self.synced < mine:
                    lines, self.lines, until = self.lines, [], self.taken
                    await asyncio.to_thread(self._write, "".join(lines).encode())
                    self.synced = until

    def _write(self, data):
        while data:
            data = data[os.write(self.fd, data):]
        if self.sync:
            os.fdatasync(self.fd)


class Ports:
    """Ports on loopback by name, free ones at first and the same again after a restart: they are in FOLDER/NAME.ports, which
    appears once all of them listen."""

    def __init__(self, folder, name):
        self.path = pathlib.Path(folder) / f"{name}.ports"
        self.known = json.loads(self.path.read_text()) if self.path.exists() else {}

    def listen(self, name, backlog=1000):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", self.known.get(name, 0)))
        sock.listen(backlog)
        sock.setblocking(False)
        self.known[name] = sock.getsockname()[1]
        return sock

    def write(self):
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(self.known))
        new.rename(self.path)


class Turns:
    """The n-th attempt of a key meets the n-th of the behaviours it names, later ones the last."""

    def __init__(self):
        self.seen = Counter()

    def next(self, key, behaviours):
        self.seen[key] += 1
        return behaviours[min(self.seen[key], len(behaviours)) - 1]


def tls(folder, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/{name}.crt", f"{folder}/{name}.key")
    return context


def abort(transport):
    """Ends a connection with RST."""
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    transport.abort()
