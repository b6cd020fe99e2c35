#!/usr/bin/python3
"""A mail server on loopback that behaves well or badly, as port and recipient say.

    smtp_receiver.py FOLDER [--user USER --password PASSWORD]

FOLDER has the certificates; smtp.ports (JSON) appears in it and smtp.jsonl, the ledger: what arrived, whole, written before
it is answered. The local part of the recipient is BEHAVIOUR[.BEHAVIOUR...][+ANYTHING]; of several, the n-th attempt at that
recipient meets the n-th. A BEHAVIOUR is ok, a status that is the answer to RCPT TO (450, 550, ...), data and a status that is
the answer to the whole message (data554, ...), close (after the final dot), hang (likewise).

A status such as 550-5-7-1 brings its enhanced status along, here 5.7.1.

Ports: starttls and tls, both with AUTH; refused answers STARTTLS with 454, forbidden with 502, stripped does not offer it;
noauth answers AUTH with 554; slow and multiline by their banner, busy has 421 for one, closed 554, silent none; small takes at most 2000 bytes; selfsigned, expired and wrongname offer STARTTLS
with such a certificate. None offers SMTPUTF8. A message with a bare LF is refused, and so is one with 8-bit characters.
"""

import argparse
import asyncio
import email
import logging
import re
import warnings

from aiosmtpd.smtp import SMTP, AuthResult
from receiver import Ledger, Ports, Turns, abort, tls

HOUR = 3600
SLOW_BANNER = 3


class Handler:
    def __init__(self, ledger):
        self.ledger = ledger
        self.turns = Turns()

    async def handle_RCPT(self, server, session, envelope, address, options):
        behaviour = self.turns.next(address, address.partition("@")[0].partition("+")[0].split("."))
        if behaviour[0].isdigit():
            status, _, enhanced = behaviour.partition("-")
            return f"{status} {enhanced.replace('-', '.') or ('4.3.0' if status[0] == '4' else '5.1.1')} that is how it is"
        envelope.rcpt_tos.append(address)
        envelope.behaviour = behaviour
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        content = envelope.original_content
        if re.search(rb"(?<!\r)\n|\r(?!\n)", content):
            return "550 5.6.11 bare CR or LF"
        if not content.isascii():
            return "554 5.6.3 8-bit characters"
        encrypted = server.transport.get_extra_info("ssl_object") is not None
        await self.ledger.append(content, key=email.message_from_bytes(content)["Message-ID"], sender=envelope.mail_from,
                                 recipients=envelope.rcpt_tos, behaviour=envelope.behaviour, tls=encrypted,
                                 user=session.auth_data, port=session.port)
        if envelope.behaviour == "close":
            abort(server.transport)
        elif envelope.behaviour == "hang":
            await asyncio.sleep(HOUR)
        elif envelope.behaviour.startswith("data"):
            return f"{envelope.behaviour[4:]} that is how it is"
        return "250 OK taken"


class Server(SMTP):
    """Says so much more, or less, than a server should when somebody connects."""

    banner = None

    async def _handle_client(self):
        self.session.port = self.transport.get_extra_info("sockname")[1]
        if self.banner == "silent":
            await asyncio.sleep(HOUR)
        elif self.banner == "busy":
            await self.push("421 4.3.2 too many connections")
            self.transport.close()
            return
        elif self.banner == "closed":
            await self.push("554 5.3.2 no service here")
            self.transport.close()
            return
        elif self.banner == "slow":
            await asyncio.sleep(SLOW_BANNER)
        elif self.banner == "multiline":
            await self.push("220-we\r\n220-greet\r\n220-you")
        await super()._handle_client()

    def _create_session(self):
        """STARTTLS begins a new session, on the same port."""
        session, before = super()._create_session(), getattr(self, "session", None)
        session.port = before.port if before else None
        return session


class Refusing(Server):
    async def smtp_STARTTLS(self, arg):
        await self.push("454 4.7.0 TLS not available")


class Forbidding(Server):
    async def smtp_STARTTLS(self, arg):
        await self.push("502 5.5.1 not here")


class WithoutAuth(Server):
    async def smtp_AUTH(self, arg):
        await self.push("554 5.7.0 not now")


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--user", default="mailer")
    parser.add_argument("--password", default="correct horse")
    options = parser.parse_args()

    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")
    loop = asyncio.get_running_loop()
    ports = Ports(options.folder, "smtp")
    handler = Handler(Ledger(f"{options.folder}/smtp.jsonl"))
    good = tls(options.folder, "good")

    def authenticate(server, session, envelope, mechanism, data):
        right = data.login == options.user.encode() and data.password == options.password.encode()
        return AuthResult(success=right, handled=False, auth_data=options.user)

    async def listen(name, kind=Server, context=good, implicit=None, banner=None, size=None):
        def connection():
            server = kind(handler, hostname="receiver.test", loop=loop, tls_context=context, data_size_limit=size,
                          require_starttls=bool(context), authenticator=authenticate, auth_required=True,
                          auth_require_tls=implicit is None)
            server.banner = banner
            return server

        return await loop.create_server(connection, sock=ports.listen(name), ssl=implicit, backlog=1000)

    servers = [
        await listen("starttls"),
        await listen("tls", context=None, implicit=good),
        await listen("refused", kind=Refusing),
        await listen("forbidden", kind=Forbidding),
        await listen("noauth", kind=WithoutAuth),
        await listen("stripped", context=None),
        await listen("small", size=2000),
        *[await listen(banner, banner=banner) for banner in ("slow", "multiline", "busy", "closed", "silent")],
        *[await listen(name, context=tls(options.folder, name)) for name in ("selfsigned", "expired", "wrongname")],
    ]
    ports.write()
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main())
