#!/usr/bin/env python3
"""An HTTP server on loopback that behaves well or badly, as the path says.

    http_receiver.py FOLDER [--no-sync]

FOLDER has the certificates; http.ports (JSON) appears in it and http.jsonl, the ledger: what arrived, whole, written
before it is answered. The path is /BEHAVIOUR[,BEHAVIOUR...]/ANYTHING; of several, the n-th attempt of an Idempotency-Key meets
the n-th. A BEHAVIOUR is a status (200, 404, ...), late, which is 200 after 0.1 s, or one of the names below.

Ports: https; http; selfsigned, expired and wrongname with such a certificate; silent accepts and says nothing, not even TLS;
full does not accept.
"""

import argparse
import asyncio
import contextlib
import email.utils
import http
import socket
import time

from receiver import Ledger, Ports, Turns, abort, tls

MAX_BODY = 1 << 20
HOUR = 3600
LATE = 0.1


def answer(status, body=b"ok", **headers):
    """A whole response."""
    try:
        phrase = http.HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {status} {phrase}"]
    if status != 204:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if status == 204 else body)


ANSWERS = {
    "301": lambda: answer(301, Location="http://169.254.169.254/latest/meta-data/"),
    "302": lambda: answer(302, Location="/302/loop"),
    "404": lambda: answer(404, b"no_service"),
    "429_seconds": lambda: answer(429, Retry_After="7"),
    "429_date": lambda: answer(429, Retry_After=email.utils.formatdate(time.time() + HOUR, usegmt=True)),
    "429_junk": lambda: answer(429, Retry_After="soon, I hope"),
    "429_negative": lambda: answer(429, Retry_After="-5"),
    "429_huge": lambda: answer(429, Retry_After="1000000000"),
    "503_seconds": lambda: answer(503, Retry_After="7"),
}


async def send(writer, data):
    """Writes for as long as somebody is there."""
    if writer.is_closing():
        raise ConnectionError
    writer.write(data)
    await writer.drain()


async def slow(writer):
    """200, one byte a second."""
    for byte in answer(200):
        await send(writer, bytes([byte]))
        await asyncio.sleep(1)


async def huge_body(writer):
    """200 and 100 MB."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
    for _ in range(100):
        await send(writer, bytes(1000000))


async def endless_headers(writer):
    """200 and headers until the other side has had enough."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        await send(writer, b"X-Header: " + b"x" * 1000 + b"\r\n")
        await asyncio.sleep(0)


async def endless_chunks(writer):
    """200 and small chunks without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await send(writer, b"1\r\nx\r\n")
        await asyncio.sleep(0.1)


async def reset(writer):
    """RST instead of an answer."""
    abort(writer.transport)


async def reset_after_headers(writer):
    """200, and RST where 100 bytes of body should follow."""
    await send(writer, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    await asyncio.sleep(0.1)
    abort(writer.transport)


async def reset_in_headers(writer):
    """RST in the middle of the headers."""
    await send(writer, b"HTTP/1.1 200 OK\r\nContent-Le")
    await asyncio.sleep(0.1)
    abort(writer.transport)


async def close(writer):
    """The request is read and the connection closed."""


async def hang(writer):
    """The request is read and nothing ever answered."""
    await asyncio.sleep(HOUR)


async def junk(writer):
    """Something that is not HTTP."""
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")


MISBEHAVIOURS = {
    f.__name__: f
    for f in (slow, huge_body, endless_headers, endless_chunks, reset, reset_after_headers, reset_in_headers, close, hang, junk)
}


class Receiver:
    def __init__(self, ledger):
        self.ledger = ledger
        self.turns = Turns()

    async def serve(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while await self.request(reader, writer):
                pass
        with contextlib.suppress(OSError):
            writer.close()

    async def request(self, reader, writer):
        """Reads one request, notes and answers it; true when the connection can have another."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head.split("\r\n")
        method, path, _ = line.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (f.partition(":") for f in fields if f)}
        length = int(headers.get("content-length", 0))
        if length > MAX_BODY:
            writer.write(answer(413))
            return False
        body = await reader.readexactly(length)

        key = headers.get("idempotency-key")
        behaviour = self.turns.next(key, path.split("/")[1].split(","))
        await self.ledger.append(body, key=key, method=method, path=path, headers=headers, behaviour=behaviour,
                                 port=writer.get_extra_info("sockname")[1])
        if behaviour == "late":
            await asyncio.sleep(LATE)
            behaviour = "200"
        if behaviour in MISBEHAVIOURS:
            await MISBEHAVIOURS[behaviour](writer)
            return False
        if behaviour in ANSWERS:
            writer.write(ANSWERS[behaviour]())
        else:
            writer.write(answer(int(behaviour) if behaviour.isdigit() else 404))
        await writer.drain()
        return True


async def nothing(reader, writer):
    """Accepts, and that is all."""
    await asyncio.sleep(HOUR)


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--no-sync", action="store_true", help="do not wait for the disk")
    options = parser.parse_args()

    ports = Ports(options.folder, "http")
    receiver = Receiver(Ledger(f"{options.folder}/http.jsonl", not options.no_sync))
    good = tls(options.folder, "good")
    kinds = {"https": (receiver.serve, good), "http": (receiver.serve, None), "silent": (nothing, None)}
    for name in ("selfsigned", "expired", "wrongname"):
        kinds[name] = (receiver.serve, tls(options.folder, name))
    servers = [await asyncio.start_server(serve, sock=ports.listen(name), ssl=context, backlog=1000)
               for name, (serve, context) in kinds.items()]

    full, fillers = ports.listen("full", backlog=0), []
    for _ in range(4):
        fillers.append(socket.socket())
        fillers[-1].setblocking(False)
        fillers[-1].connect_ex(full.getsockname())
    ports.write()
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main())
