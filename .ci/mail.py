"""What .ci/mail does in Python: reads messages with the email package, and holds DKIM signatures against dkimpy.

    mail.py read DIR      reads the messages DIR/*.eml, and compares them with DIR/*.json
    mail.py verify DIR    verifies DIR/*.signed with dkimpy
    mail.py sign DIR      signs DIR/*.unsigned with dkimpy, into DIR/*.theirs
"""

import base64
import email
import email.errors
import email.header
import email.policy
import email.utils
import glob
import json
import re
import sys


def fail(*words):
    print("FAILED:", *words, file=sys.stderr)
    sys.exit(1)


def same(name, what, got, want):
    if got != want:
        fail(f"{name}: {what}\ngot  {got!r:.500}\nwant {want!r:.500}")


def lines(text):
    """Text as a message has it: lines that end in CRLF, the last one too."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text and not text.endswith("\n"):
        text += "\n"
    return text


def defects(name, part, utf8, depth=""):
    if part.defects:
        fail(f"{name}: part {depth or 'itself'}: {part.defects}")
    for field, value in part.items():
        found = [d for d in getattr(value, "defects", ()) if not (utf8 and isinstance(d, email.errors.NonASCIILocalPartDefect))]
        if found:
            fail(f"{name}: {field}: {found}")
    if part.is_multipart():
        for i, sub in enumerate(part.iter_parts() if part.get_content_maintype() == "multipart" else part.get_payload()):
            defects(name, sub, utf8, f"{depth}.{i + 1}")


def flowed(text):
    """The lines of format=flowed, joined (RFC 3676 4), without quote marks, which no case has."""
    out = ""
    for line in text.split("\n"):
        if line.startswith(" "):
            line = line[1:]
        out += line if line.endswith(" ") and line != "-- " else line + "\n"
    return out[:-1]


def names(field, legacy):
    """Names and addresses. The email package of Python 3.11 leaves a blank between two encoded words of a name (its issue 92081);
    email.header, which is older, does not."""
    out = []
    for new, (name, _) in zip(field.addresses, email.utils.getaddresses([legacy])):
        display = new.display_name
        if name.startswith("=?"):
            display = str(email.header.make_header(email.header.decode_header(name)))
        out.append((display, new.addr_spec))
    return out


def read(directory):
    files = sorted(glob.glob(directory + "/*.eml"))
    if len(files) < 100:
        fail(f"only {len(files)} messages")
    for path in files:
        with open(path, "rb") as f:
            raw = f.read()
        with open(path[:-4] + ".json") as f:
            case = json.load(f)
        compare(case["Name"], case["Draft"], raw)
    print(len(files), "messages read by Python's email package")


def unfolded(raw, field):
    """The value of a field as it is written."""
    head = raw.partition(b"\r\n\r\n")[0].decode().replace("\r\n ", " ")
    return re.search(f"^{field}: (.*)$", head, re.M).group(1).rstrip("\r")


def compare(name, draft, raw):
    own = {f["Name"].lower() for f in draft["Headers"] or []}
    m = h = email.message_from_bytes(raw, policy=email.policy.SMTP)
    if draft["UTF8"]:  # it takes UTF-8 in a header for a defect when it reads bytes, and in an address always
        h = email.message_from_string(raw.decode(), policy=email.policy.SMTPUTF8)
    defects(name, h, draft["UTF8"])
    if draft["Subject"] is not None and "subject" not in own:
        same(name, "subject", str(h["subject"]), draft["Subject"])
    for field, key in (("from", "From"), ("to", "To")):
        if draft[key]:
            same(name, field, names(h[field], unfolded(raw, key)), [(a["Name"], a["Address"]) for a in draft[key]])
    for kind, key in (("plain", "Text"), ("html", "HTML")):
        if draft[key] is None:
            continue
        text = m.get_body((kind,)).get_payload(decode=True).decode("utf-8").replace("\r\n", "\n")
        want = lines(draft[key])
        if draft["Flowed"] and kind == "plain":
            text, want = flowed(text), "\n".join(x if x == "-- " else x.rstrip(" ") for x in want.split("\n"))
        same(name, key, text, want)
    files(name, draft, m)


def files(name, draft, m):
    want = draft["Attachments"] or []
    got = [p for p in attached(m)]
    same(name, "number of files", len(got), len(want))
    for part, a in zip(got, want):
        same(name, "file name", part.get_filename() or "", a["Name"].strip(" "))  # get_filename strips
        if part.get_content_type() != "message/rfc822" and a["Encoding"] == "":
            text = all(ord(c) < 128 for c in a["Content"])
            if text:  # JSON has no bytes: the others are compared by Go's tests
                same(name, "content of " + a["Name"], part.get_payload(decode=True), a["Content"].encode())


def attached(m):
    if m.get_content_maintype() != "multipart":
        if m.get_content_disposition() or m.get_filename():
            yield m
        return
    for p in m.iter_parts():
        yield from attached(p)


def records(directory):
    with open(directory + "/keys") as f:
        return dict(line.rstrip("\n").split(" ", 1) for line in f)


def verify(directory):
    """dkimpy verifies what we signed."""
    import dkim

    keys = {name.encode(): record.encode() for name, record in records(directory).items()}
    files = sorted(glob.glob(directory + "/*.signed"))
    if len(files) < 50:
        fail(f"only {len(files)} signed messages")
    for path in files:
        with open(path, "rb") as f:
            text = f.read()
        if not dkim.verify(text, dnsfunc=lambda name, timeout=5: keys.get(name.rstrip(b"."))):
            fail(f"dkimpy does not verify {path}")
        if dkim.verify(text.replace(b"\r\n\r\n", b"\r\n\r\nmore ", 1), dnsfunc=lambda name, timeout=5: keys.get(name.rstrip(b"."))):
            fail(f"dkimpy verifies anything: {path}")
    print(len(files), "signatures verified by dkimpy")


def sign(directory):
    """dkimpy signs, for mail.dkim_verify."""
    import dkim

    for path in sorted(glob.glob(directory + "/*.unsigned")):
        with open(path, "rb") as f:
            text = f.read()
        for kind in ("rsa", "ed25519"):
            with open(f"{directory}/{kind}.pem", "rb") as f:
                key = f.read()
            if kind == "ed25519":  # it takes the 32 octets that end the PKCS #8 form
                key = base64.b64encode(base64.b64decode(b"".join(key.split(b"\n")[1:-2]))[-32:])
            for canon in ("simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"):
                head, body = (c.encode() for c in canon.split("/"))
                field = dkim.sign(text, kind.encode(), b"example.org", key, canonicalize=(head, body), signature_algorithm=kind.encode() + b"-sha256",
                                  include_headers=[b"from", b"subject"])
                with open(f"{path[:-9]}-{kind}-{canon.replace('/', '-')}.theirs", "wb") as f:
                    f.write(field + text)


if __name__ == "__main__":
    {"read": read, "verify": verify, "sign": sign}[sys.argv[1]](sys.argv[2])
