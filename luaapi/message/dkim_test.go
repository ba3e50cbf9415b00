package message

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// signedMessages are those in which canonical forms differ.
var signedMessages = map[string]string{
	"plain":     "From: a@example.org\r\nTo: b@example.org\r\nSubject: hello\r\nDate: Mon, 23 Nov 2026 11:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n\r\nHello.\r\n",
	"empty":     "From: a@example.org\r\nSubject: nothing\r\n\r\n",
	"lines":     "From: a@example.org\r\nSubject: lines\r\n\r\n\r\n\r\n",
	"blanks":    "From:  A \t <a@example.org>  \r\nSubject: two   blanks \t\r\nX-Other:\tx\r\n\r\n  a  \t b \r\n\t\r\nc\t\r\n\r\n \r\n\r\n",
	"folded":    "from: \"A\r\n B\" <a@example.org>\r\nSubject: one\r\n\ttwo\r\n   three\r\nTo: b@example.org,\r\n c@example.org\r\n\r\n.\r\n..\r\n",
	"twice":     "From: a@example.org\r\nTo: 1@example.org\r\nReceived: 1\r\nReceived: 2\r\nTo: 2@example.org\r\nSubject: s\r\n\r\nx\r\n",
	"eightbit":  "From: a@example.org\r\nSubject: s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGr\xc3\xbc\xc3\x9fe \xff\r\n",
	"long":      "From: a@example.org\r\nSubject: " + strings.Repeat("long ", 15) + "\r\n\r\n" + strings.Repeat("x y  ", 180) + "\r\n",
	"semicolon": "From: a@example.org\r\nSubject: b=1; c=2\r\n\r\nb=x;\r\n",
}

func testKeys(t testing.TB) map[string]crypto.Signer {
	t.Helper()
	rsa, err := NewRSAKey()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.Signer{"rsa": rsa, "ed25519": ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize)))}
}

func eachSigning(t testing.TB, keys map[string]crypto.Signer, do func(name, text string, s Signing)) {
	for kind, key := range keys {
		for _, c := range []string{"simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"} {
			header, body, _ := strings.Cut(c, "/")
			for name, text := range signedMessages {
				do(kind+" "+c+" "+name, text, Signing{Domain: "example.org", Selector: kind, Key: key, Header: header, Body: body})
			}
		}
	}
}

func asked(t testing.TB, keys map[string]crypto.Signer) func(string) KeyAnswer {
	return func(name string) KeyAnswer {
		kind, _, _ := strings.Cut(name, ".")
		record, err := KeyRecord(keys[kind])
		if err != nil {
			t.Fatal(err)
		}
		return KeyAnswer{Records: []string{record}}
	}
}

func results(list []*Signature) string {
	var words []string
	for _, s := range list {
		words = append(words, strings.TrimSpace(s.Result+" "+s.Problem))
	}
	return strings.Join(words, "; ")
}

func TestSignAndVerify(t *testing.T) {
	keys := testKeys(t)
	ask := asked(t, keys)
	eachSigning(t, keys, func(name, text string, s Signing) {
		signed, err := Sign(text, s)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !strings.HasSuffix(signed, text) {
			t.Errorf("%s: the message itself changed", name)
		}
		field := signed[:len(signed)-len(text)]
		for line := range strings.SplitSeq(field, crlf) {
			if len(line) > maxLine {
				t.Errorf("%s: a line of %d: %s", name, len(line), line)
			}
		}
		for change, want := range map[string]string{
			signed: "pass",
			field + strings.Replace(text, "ubject:", "ubject: x", 1): "fail the header is not the one that was signed, or the key is another",
			signed + "more\r\n": "fail the body is not the one that was signed",
		} {
			if got := results(Parse([]byte(change)).Verify(ask)); got != want {
				t.Errorf("%s: %s, want %s\n%s", name, got, want, change)
			}
		}
		relaxed := field + strings.Replace(text, "ubject: ", "ubject:   ", 1)
		if got := results(Parse([]byte(relaxed)).Verify(ask)); (got == "pass") != (s.Header == "relaxed") {
			t.Errorf("%s: with more blanks in the header: %s", name, got)
		}
		if got := results(Parse([]byte(signed + "\r\n\r\n")).Verify(ask)); got != "pass" {
			t.Errorf("%s: with empty lines at the end: %s", name, got)
		}
	})
}

// rfc8463 is the message of RFC 8463 appendix A.3, signed with both algorithms; A.2 has the keys.
const rfc8463 = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n" +
	" d=football.example.com; i=@football.example.com;\r\n" +
	" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n" +
	" subject : date : message-id : from : subject : date;\r\n" +
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n" +
	" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n" +
	" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n" +
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n" +
	" d=football.example.com; i=@football.example.com;\r\n" +
	" q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n" +
	" date : message-id : from : subject : date;\r\n" +
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n" +
	" b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n" +
	" DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n" +
	" dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n" +
	"From: Joe SixPack <joe@football.example.com>\r\n" +
	"To: Suzie Q <suzie@shopping.example.net>\r\n" +
	"Subject: Is dinner ready?\r\n" +
	"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n" +
	"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n" +
	"\r\n" +
	"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"

func TestVerifyRFC8463(t *testing.T) {
	records := map[string]string{
		"brisbane._domainkey.football.example.com": "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
		"test._domainkey.football.example.com": "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR" +
			"iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/b" +
			"yYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKr" +
			"M3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K" +
			"4w3QIDAQAB",
	}
	list := Parse([]byte(rfc8463)).Verify(func(name string) KeyAnswer { return KeyAnswer{Records: []string{records[name]}} })
	if got := results(list); got != "pass; pass" {
		t.Fatal(got)
	}
	if s := list[0]; s.Domain != "football.example.com" || s.Selector != "brisbane" || s.Algorithm != "ed25519-sha256" || strings.Join(s.Fields, " ") != "from to subject date message-id from subject date" || s.Time.Unix() != 1528637909 {
		t.Errorf("%+v", s)
	}
}

func TestPrivateKey(t *testing.T) {
	for kind, k := range testKeys(t) {
		text, err := KeyPEM(k)
		if err != nil {
			t.Fatal(err)
		}
		back, err := PrivateKey([]byte("text before\n" + text))
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		want, _ := KeyRecord(k)
		if got, _ := KeyRecord(back); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
	for _, bad := range []string{"", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := PrivateKey([]byte(bad)); err == nil {
			t.Errorf("%q is a key", bad)
		}
	}
}

// TestWriteSigned signs into the directory MAIL_CASES, for .ci/mail: the messages, the keys, and their records.
func TestWriteSigned(t *testing.T) {
	dir := os.Getenv("MAIL_CASES")
	if dir == "" {
		t.Skip("MAIL_CASES is not set: .ci/mail runs this")
	}
	keys := testKeys(t)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var records strings.Builder
	for kind, k := range keys {
		text, err := KeyPEM(k)
		if err != nil {
			t.Fatal(err)
		}
		write(kind+".pem", text)
		record, _ := KeyRecord(k)
		fmt.Fprintf(&records, "%s._domainkey.example.org %s\n", kind, record)
	}
	write("keys", records.String())
	eachSigning(t, keys, func(name, text string, s Signing) {
		signed, err := Sign(text, s)
		if err != nil {
			t.Fatal(err)
		}
		write(strings.NewReplacer(" ", "-", "/", "-").Replace(name)+".signed", signed)
		write(strings.Fields(name)[2]+".unsigned", text)
	})
}

// TestReadSigned verifies what .ci/mail had others sign.
func TestReadSigned(t *testing.T) {
	dir := os.Getenv("MAIL_CASES")
	if dir == "" {
		t.Skip("MAIL_CASES is not set: .ci/mail runs this")
	}
	keys, err := os.ReadFile(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.theirs"))
	if len(files) < 20 {
		t.Fatalf("only %d files", len(files))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := results(Parse(text).Verify(func(name string) KeyAnswer {
			for line := range strings.Lines(string(keys)) {
				if at, record, _ := strings.Cut(line, " "); at == name {
					return KeyAnswer{Records: []string{record}}
				}
			}
			return KeyAnswer{}
		}))
		if got != "pass" {
			t.Errorf("%s: %s\n%s", filepath.Base(file), got, text)
		}
	}
}
