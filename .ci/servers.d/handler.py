"""aiosmtpd with a handler that puts mail into Maildirs and passes nothing on."""

import argparse
import asyncio
import logging
import mailbox
import os
import re
import ssl
import sys
from email.utils import formatdate

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Handler:
    """Takes mail for the mailboxes of one domain, or with keep whatever it is given."""

    def __init__(self, options):
        self.options = options
        self.boxes = options.boxes.split()

    def box(self, address):
        """The mailbox of an address, or None where the address is of another domain."""
        local, _, domain = address.rpartition("@")
        if not local:  # RCPT TO:<postmaster>
            local, domain = domain, self.options.domain
        ours = self.options.keep or domain.lower() == self.options.domain
        return local.lower() if ours else None

    async def handle_MAIL(self, server, session, envelope, address, options):
        if session.authenticated and incomplete(address):
            return "554 5.1.8 the sender's domain is not complete"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        box = self.box(address)
        if session.authenticated and incomplete(address):
            return "554 5.1.2 the recipient's domain is not complete"
        if box is None and not session.authenticated:
            return "550 5.7.1 relay not permitted"
        if box is not None and not self.options.keep and box not in self.boxes:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 recipient taken"

    async def handle_DATA(self, server, session, envelope):
        sender = (envelope.mail_from or "").strip("<>")
        message = (f"Return-Path: <{sender}>\n" + received(server, session)).encode() + envelope.original_content.replace(b"\r\n", b"\n")
        for address in envelope.rcpt_tos:
            box = self.box(address)
            if box is not None and "/" not in box and not box.startswith("."):
                mailbox.Maildir(os.path.join(self.options.mail, box)).add(message)
        replies = len(envelope.rcpt_tos) if isinstance(server, LMTP) else 1
        return "\r\n".join(["250 2.0.0 message kept"] * replies)


def incomplete(address):
    """Whether a part of the domain is missing, which whoever submits mail may not do (RFC 6409 4.2)."""
    _, at, domain = (address or "").rpartition("@")
    return at and not domain.startswith("[") and "." not in domain


def received(server, session):
    """The trace field (RFC 5321 4.4), which the library leaves to its handler."""
    protocol = "LMTP" if isinstance(server, LMTP) else "ESMTP" if session.extended_smtp else "SMTP"
    if protocol != "SMTP":
        protocol += "S" * bool(session.ssl) + "A" * bool(session.authenticated)
    client = re.sub(r"[^\w.:\[\]-]", "?", session.host_name or "")
    return f"Received: from {client} ([{session.peer[0]}]) by {server.hostname} with {protocol}; {formatdate(localtime=True)}\n"


def authenticator(user, password):
    def authenticate(server, session, envelope, mechanism, given):
        right = isinstance(given, LoginPassword) and (given.login, given.password) == (user.encode(), password)
        return AuthResult(success=right, handled=False)

    return authenticate


def doors(options):
    """Ports, with what makes the server behind each, and its TLS from the start."""
    handler = Handler(options)
    common = {"hostname": options.name, "enable_SMTPUTF8": True, "data_size_limit": 20 << 20, "timeout": 300}
    if options.keep:
        yield options.smtp, lambda: SMTP(handler, **common), None
        return
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(f"{options.tls}/server.pem", f"{options.tls}/server.key")
    with open(options.password_file, "rb") as f:
        common["authenticator"] = authenticator(options.user, f.read())
    clear = {**common, "auth_require_tls": False}
    yield options.smtp, lambda: SMTP(handler, tls_context=tls, **clear), None
    yield options.smtps, lambda: SMTP(handler, **clear), tls
    yield options.submission, lambda: SMTP(handler, tls_context=tls, require_starttls=True, auth_required=True, **common), None
    yield options.lmtp, lambda: LMTP(handler, tls_context=tls, **common), None


async def serve(options):
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(make, "127.0.0.1", port, ssl=tls) for port, make, tls in doors(options)]
    await asyncio.gather(*(server.serve_forever() for server in servers))


def main():
    parser = argparse.ArgumentParser()
    for text in "name", "mail", "domain", "boxes", "user", "password-file", "tls":
        parser.add_argument("--" + text, default="")
    for port in "smtp", "smtps", "submission", "lmtp":
        parser.add_argument("--" + port, type=int)
    parser.add_argument("--keep", action="store_true", help="take everything from everybody")
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    asyncio.run(serve(parser.parse_args()))


main()
