package message

import (
	"crypto"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// signedForFaults has all that the faults are put into.
func signedForFaults(t testing.TB, key crypto.Signer) string {
	t.Helper()
	signed, err := Sign(signedMessages["plain"], Signing{Domain: "example.org", Selector: "ed25519", Key: key, Header: "relaxed", Body: "relaxed", Identifier: "x@sub.example.org",
		Expires: time.Unix(4_000_000_000, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// Each fault has its own words.
func TestVerifyFaults(t *testing.T) {
	keys := testKeys(t)
	record, err := KeyRecord(keys["ed25519"])
	if err != nil {
		t.Fatal(err)
	}
	other, _ := KeyRecord(keys["rsa"])
	signed := signedForFaults(t, keys["ed25519"])
	for _, c := range []struct{ from, to, record, want string }{
		{"", "", record, "pass"},
		{"", "", record + "; s=email", "pass"},
		{"", "", record + "; t=y", "pass"},
		{"", "", "", "permerror the key's record has no p"},
		{"", "", "v=spf1 -all", "permerror the key's record is not of the version DKIM1"},
		{"", "", "text", "permerror the key's record cannot be read"},
		{"", "", "p=", "permerror the key was taken back: its p is empty"},
		{"", "", "k=dsa; p=AAAA", "permerror the type of the key is not known"},
		{"", "", other, "permerror the key is of another type than the signature"},
		{"", "", record + "; h=sha1", "permerror the key is not for the hash of the signature"},
		{"", "", record + "; s=tlsrpt", "permerror the key is not for mail"},
		{"", "", record + "; t=y:s", "permerror the key is for its own domain alone, and the tag i is below that"},
		{"", "", "k=ed25519; p=AAAA", "permerror the key cannot be read: an Ed25519 key has 32 octets"},
		{"", "", "k=ed25519; p=?", "permerror the key cannot be read"},
		{"", "", "p=AAAA", "permerror the key cannot be read"},
		{"", "", "p=MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "permerror the key is no RSA key"},
		{"", "", "p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ==",
			"permerror the key has less than 1024 bits (RFC 8301 3.2)"},
		{"", "", record + strings.Repeat(" ", maxKeyRecord), "permerror the key's record has more than 8192 octets"},
		{"v=1", "v=2", record, "permerror the tag v is not 1"},
		{"v=1;", "", record, "permerror the tag v is not 1"},
		{"s=ed25519;", "", record, "permerror one of the tags a, b, bh, d, h and s is missing"},
		{"v=1", "v=1; v=1", record, "permerror a tag of the signature is there twice"},
		{"v=1", "v=1; v", record, "permerror the tags of the signature cannot be read"},
		{"a=ed25519-sha256", "a=rsa-sha1", record, "permerror the algorithm is rsa-sha1, which is too weak (RFC 8301 3.1)"},
		{"a=ed25519-sha256", "a=x-y", record, "permerror the algorithm is not known"},
		{"a=ed25519-sha256", "a=x", record, "permerror the algorithm is not known"},
		{"c=relaxed", "c=nofws", record, "permerror the canonicalization of the header is not known"},
		{"c=relaxed/relaxed", "c=relaxed/nofws", record, "permerror the canonicalization of the body is not known"},
		{"i=x@sub", "i=x@sub.example.com; y=", record, "permerror the tag i is not of the domain in d, letter for letter"},
		{"h=From:", "h=", record, "permerror From is not signed"},
		{"x=4000000000", "x=1000000000", record, "permerror the signature has expired: its tag x is in the past"},
		{"x=4000000000", "x=soon", record, "permerror the tag x is no number"},
		{"x=4000000000", "y=", record, "fail the header is not the one that was signed, or the key is another"},
		{"t=", "t=x", record, "permerror the tag t is no number"},
		{"v=1;", "v=1; l=100;", record, "fail the signature covers only a part of the body (l=), which is not taken"},
		{"v=1;", "v=1; q=http;", record, "permerror the tag q does not say dns/txt"},
		{"v=1;", "v=1; z=Subject:b=3D1;", record, "permerror b= is in the value of another tag, and such signatures cannot be verified here"},
		{"h=", "h=" + strings.Repeat("x:", maxSignedFields), record, "permerror it is not verified: it names more than 1000 fields"},
		{"b=", "b=?", record, "permerror the tag b is no base64"},
		{"b=", "b=AAAA", record, "fail the header is not the one that was signed, or the key is another"},
		{"bh=", "bh=?", record, "permerror the tag bh is no base64"},
		{"bh=", "bh=AAAA", record, "fail the body is not the one that was signed"},
	} {
		text := strings.Replace(signed, " "+c.from, " "+c.to, 1)
		if c.from == "" {
			text = signed
		} else if text == signed {
			t.Errorf("%q is not in %s", c.from, signed)
		}
		got := results(ParseText(text).Verify(func(string) KeyAnswer { return KeyAnswer{Records: []string{c.record}} }))
		if got != c.want {
			t.Errorf("%q to %q, %q:\ngot  %s\nwant %s", c.from, c.to, c.record, got, c.want)
		}
	}
}

func TestVerifyWithoutKey(t *testing.T) {
	key := testKeys(t)["ed25519"]
	record, _ := KeyRecord(key)
	m := ParseText(signedForFaults(t, key))
	for _, c := range []struct {
		answer KeyAnswer
		want   string
	}{
		{KeyAnswer{}, "permerror there is no key: ed25519._domainkey.example.org has no TXT record"},
		{KeyAnswer{Records: []string{record, record}}, "permerror there is more than one key: ed25519._domainkey.example.org has several TXT records"},
		{KeyAnswer{Problem: "nobody is there", Temporary: true}, "temperror there is no key: nobody is there"},
		{KeyAnswer{Problem: "it is not in the list"}, "permerror there is no key: it is not in the list"},
	} {
		if got := results(m.Verify(func(string) KeyAnswer { return c.answer })); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	if got := results(m.Verify(func(string) KeyAnswer { panic("hostile") })); got != "permerror the signature cannot be verified" {
		t.Errorf("after a panic: %s", got)
	}
	if got := ownWords(errors.New("dkim: something new")); got != notVerified {
		t.Errorf("of an error that is not known: %s", got)
	}
}

// What a signature says of itself is there though it does not hold.
func TestSignatureTags(t *testing.T) {
	m := ParseText("DKIM-Signature: v=1; a=rsa-sha256; d=example.org;\r\n s=s1; l=12; h=From : To; c=relaxed;\r\n bh=; b=\r\nFrom: a\r\n\r\n")
	s := m.Signatures()[0]
	got := fmt.Sprintln(s.Domain, s.Selector, s.Identifier, s.Algorithm, s.Canonicalization, s.Fields, s.Length)
	if want := "example.org s1 @example.org rsa-sha256 relaxed/simple [From To] 12\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Signatures may be signed by those that come after them, of which the order must not change.
func TestVerifySignedSignatures(t *testing.T) {
	keys := testKeys(t)
	text := signedMessages["plain"]
	signing := Signing{Domain: "example.org", Selector: "ed25519", Key: keys["ed25519"], Header: "simple", Body: "simple"}
	for _, fields := range [][]string{nil, {"From", "DKIM-Signature"}, {"From", "DKIM-Signature", "DKIM-Signature"}, {"From"}, {"From", "DKIM-Signature"}} {
		var err error
		signing.Fields = fields
		if text, err = Sign(text, signing); err != nil {
			t.Fatal(err)
		}
	}
	if got := results(ParseText(text).Verify(asked(t, keys))); got != "pass; pass; pass; pass; pass" {
		t.Error(got)
	}
	// The oldest, which is the last, changes: the fourth did not sign it.
	at := strings.LastIndex(text, "c=simple/simple")
	text = text[:at] + "C" + text[at+1:]
	const changed = "fail the header is not the one that was signed, or the key is another"
	want := strings.Join([]string{changed, "pass", changed, changed, changed}, "; ")
	if got := results(ParseText(text).Verify(asked(t, keys))); got != want {
		t.Error(got)
	}
}

func TestVerifyTooMuch(t *testing.T) {
	keys := testKeys(t)
	signed := signedForFaults(t, keys["ed25519"])
	field := strings.TrimSuffix(signed, signedMessages["plain"])
	many := results(ParseText(strings.Repeat(field, maxSignatures+1) + signedMessages["plain"]).Verify(asked(t, keys)))
	if !strings.HasPrefix(many, "pass; pass; ") || !strings.HasSuffix(many, "pass; permerror it is not verified: there are more than 20") {
		t.Error(many)
	}
	const want = "permerror it is not verified: the header has more than 3000 lines or 524288 octets"
	for _, more := range []string{strings.Repeat("X: x\r\n", maxHeaderLines), "X: x\r\n" + strings.Repeat(" x\r\n", maxHeaderLines), "X: " + strings.Repeat("x", maxHeaderSize) + "\r\n"} {
		if got := results(ParseText(more + signed).Verify(asked(t, keys))); got != want {
			t.Errorf("%.20q…: %s", more, got)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	key := testKeys(t)["ed25519"]
	good := Signing{Domain: "example.org", Selector: "s", Key: key, Header: "simple", Body: "simple"}
	from := "From: a@example.org\r\n\r\n"
	for _, c := range []struct {
		text   string
		change func(*Signing)
		want   string
	}{
		{"From: a@example.org\r\n", func(*Signing) {}, "the message has no empty line after its header"},
		{"To: a@example.org\r\n\r\n", func(*Signing) {}, "the field From has to be among what is signed (RFC 6376 5.4)"},
		{from, func(s *Signing) { s.Fields = []string{"To"} }, "the field From has to be among what is signed (RFC 6376 5.4)"},
		{from, func(s *Signing) { s.Fields = []string{"From", "a b"} }, "\"a b\" is no name of a header field"},
		{from, func(s *Signing) { s.Fields = []string{"From", strings.Repeat("x", 990)} }, "the names of the fields to sign have more than 994 octets: name fewer"},
		{from, func(s *Signing) { s.Domain = "x; d=y" }, "the domain \"x; d=y\" has blanks, semicolons or control characters, or is too long"},
		{strings.Repeat("X: x\r\n", maxHeaderLines) + from, func(*Signing) {}, "the header has more than 3000 lines or 524288 octets"},
		{from + strings.Repeat("\n", maxEmptyLines+1), func(*Signing) {}, "more than 1048576 octets of the body are empty lines in a row: relaxed canonicalization can sign that"},
	} {
		s := good
		c.change(&s)
		if _, err := Sign(c.text, s); err == nil || err.Error() != c.want {
			t.Errorf("%.40q: %v, want %s", c.text, err, c.want)
		}
	}
}

// The list of fields that is signed by itself is cut where its line would be too long; one that is given fits in to the last octet.
func TestSignLongLists(t *testing.T) {
	keys := testKeys(t)
	signing := Signing{Domain: "example.org", Selector: "rsa", Key: keys["rsa"], Header: "relaxed", Body: "relaxed"}
	text := strings.Repeat("List-Archive: x\r\n", 200) + strings.Repeat("To: x\r\n", 30) + signedMessages["plain"]
	for _, fields := range [][]string{nil, {"From", strings.Repeat("x", maxNames-len("From:"))}} {
		signing.Fields = fields
		signed, err := Sign(text, signing)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(signed, crlf) {
			if len(line) > maxLine {
				t.Errorf("a line of %d: %s", len(line), line)
			}
		}
		if got := results(ParseText(signed).Verify(asked(t, keys))); got != "pass" {
			t.Error(got)
		}
	}
}

// FuzzVerify verifies hostile signatures, with hostile records: each gets a result, and a reason that is known unless it passes. What is
// signed here then passes.
func FuzzVerify(f *testing.F) {
	keys := testKeys(f)
	for _, k := range keys {
		record, err := KeyRecord(k)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(signedForFaults(f, keys["ed25519"]), record)
	}
	f.Add(rfc8463, "k=rsa; p=AAAA; h=sha256:sha1; s=*; t=s:y")
	f.Add("DKIM-Signature: v=1;;=;b\r\n\t=b=;bh=b=\r\nDkim-signature : z=b=\r\nFrom:\n\n", "=;p")
	for _, text := range signedMessages {
		f.Add(text, "")
	}
	f.Fuzz(func(t *testing.T, text, record string) {
		for _, s := range ParseText(text).Verify(func(string) KeyAnswer { return KeyAnswer{Records: []string{record}} }) {
			if s.Result == "" || s.Result == "pass" != (s.Problem == "") || s.Problem == notVerified {
				t.Errorf("%q of %q with %q", results([]*Signature{s}), text, record)
			}
		}
		for _, form := range []string{"simple", "relaxed"} {
			signed, err := Sign(text, Signing{Domain: "example.org", Selector: "ed25519", Key: keys["ed25519"], Header: form, Body: form})
			if err != nil {
				continue
			}
			if s := ParseText(signed).Verify(asked(t, keys))[0]; s.Result != "pass" {
				t.Errorf("%s: %s: %q", form, results([]*Signature{s}), signed)
			}
		}
	})
}
