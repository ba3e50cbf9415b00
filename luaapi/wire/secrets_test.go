package wire

import (
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/url"
	"strings"
	"testing"
)

func secretsOf(values ...string) *Secrets {
	s := &Secrets{}
	for _, v := range values {
		s.Add(v)
	}
	return s
}

func TestSecretsText(t *testing.T) {
	const secret = "s3cret/p+ss?w=rd"
	std := base64.StdEncoding.EncodeToString
	for _, tt := range []struct{ name, in, want string }{
		{"alone", secret, Mask},
		{"in text", "535 no such password: " + secret + "!", "535 no such password: " + Mask + "!"},
		{"twice", secret + secret, Mask + Mask},
		{"none", "535 no", "535 no"},
		{"a part of it", secret[1:], secret[1:]},
		{"base64", std([]byte(secret)), Mask},
		{"base64 at 0", "334 " + std([]byte(secret+"xyz")), "334 " + Mask},
		{"base64 at 1", "334 " + std([]byte("a"+secret)), "334 " + Mask},
		{"base64 at 2", "334 " + std([]byte("\x00a"+secret+"z")) + " more", "334 " + Mask + " more"},
		{"base64 of PLAIN", std([]byte("\x00user\x00" + secret)), Mask},
		{"base64 for URLs", base64.URLEncoding.EncodeToString([]byte("??>" + secret)), Mask},
		{"base64 without padding", base64.RawURLEncoding.EncodeToString([]byte("ab" + secret + "?>")), Mask},
		{"hex", hex.EncodeToString([]byte(secret)), Mask},
		{"hex in capitals", strings.ToUpper(hex.EncodeToString([]byte("x" + secret))), Mask},
		{"query", "?p=" + url.QueryEscape(secret) + "&q", "?p=" + Mask + "&q"},
		{"percent in lower case", strings.ToLower(url.QueryEscape(secret)), Mask},
		{"quoted-printable", strings.ReplaceAll(secret, "=", "=3D"), Mask},
		{"xtext", strings.NewReplacer("+", "+2B", "=", "+3D").Replace(secret), Mask},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := secretsOf(secret)
			if got := s.Text(tt.in); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if got := string(s.Bytes([]byte(tt.in))); got != tt.want {
				t.Errorf("bytes %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSecretsSpellings(t *testing.T) {
	s := secretsOf("a\"b\\c\x01é<&>")
	for _, in := range []string{`"a\"b\\c\x01é<&>"`, `"a\"b\\c\x01\u00e9<&>"`, "\"a\\\"b\\\\c\\u0001é\\u003c\\u0026\\u003e\"", "\"a\\\"b\\\\c\x01é<&>\""} {
		if got := s.Text(in); got != `"`+Mask+`"` {
			t.Errorf("%s gives %s", in, got)
		}
	}
}

func TestShortSecrets(t *testing.T) {
	std := base64.StdEncoding.EncodeToString
	for _, tt := range []struct{ secret, in, want string }{
		{"a", "a cat sat", Mask + " cat sat"},
		{"abc", "abcd abc-abc xabc", "abcd " + Mask + "-" + Mask + " xabc"},
		{"abc", std([]byte("abc")), Mask},
		{"abc", "AUTH PLAIN " + std([]byte("\x00user\x00abc")), "AUTH PLAIN " + Mask},
		{"abc", std([]byte("\x00user\x00abcd")), std([]byte("\x00user\x00abcd"))},
		{"abcde", std([]byte("\x00u\x00abcde")), Mask},
		{"0", "MAIL RCPT 250 0", "MAIL RCPT 250 " + Mask},
		{"abc", "616263 x616263", Mask + " x616263"},
		{"é", "é éé", Mask + " éé"},
	} {
		if got := secretsOf(tt.secret).Text(tt.in); got != tt.want {
			t.Errorf("%q in %q: %q, want %q", tt.secret, tt.in, got, tt.want)
		}
	}
}

// A mask is not masked again, also where the secret is a word in it.
func TestSecretInMask(t *testing.T) {
	s := secretsOf("password")
	once := s.Text("my password is password")
	if want := "my " + Mask + " is " + Mask; once != want || s.Text(once) != want {
		t.Errorf("%q, then %q", once, s.Text(once))
	}
	s.Add("other secret")
	if got := s.Text(Mask + Mask + "other secret" + Mask); got != Mask+Mask+Mask+Mask {
		t.Errorf("%q", got)
	}
}

func TestSecretsNone(t *testing.T) {
	var none *Secrets
	var empty Secrets
	empty.Add("")
	if none.Text("x") != "x" || empty.Text("x") != "x" || !none.Empty() || !empty.Empty() {
		t.Error("something is masked, and nothing is secret")
	}
}

func TestSecretsClone(t *testing.T) {
	s := secretsOf("first secret")
	c := s.Clone()
	c.Add("second secret")
	if s.Text("second secret") != "second secret" || c.Text("first secret, second secret") != Mask+", "+Mask {
		t.Error("a clone and its origin are not apart")
	}
}

func TestLongestFirst(t *testing.T) {
	s := secretsOf("secret", "secret-and-more")
	if got := s.Text("secret-and-more, secret"); got != Mask+", "+Mask {
		t.Errorf("%q", got)
	}
}

// said gives all that a transcript shows of a conversation: what is written, each element at one go, and what comes back,
// each at one go.
func said(t *testing.T, secrets []string, writes []WriteOptions, texts []string, replies ...string) string {
	t.Helper()
	c := script(io.EOF, replies...)
	for _, s := range secrets {
		c.transcript.Secrets.Add(s)
	}
	for i, text := range texts {
		var o WriteOptions
		if i < len(writes) {
			o = writes[i]
		}
		if kind := c.Write(t.Context(), []byte(text), o); kind != None {
			t.Fatal(kind)
		}
	}
	for next(c).Ended == None {
	}
	var b strings.Builder
	for _, r := range c.transcript.Records()[1:] {
		b.Write(r.Data)
	}
	return strings.TrimSuffix(b.String(), "the server closed the connection")
}

func TestMaskedTranscript(t *testing.T) {
	const secret = "hunter2hunter2"
	b64 := base64.StdEncoding.EncodeToString([]byte("\x00me\x00" + secret))
	for _, tt := range []struct {
		name    string
		secrets []string
		writes  []string
		replies []string
		want    string
	}{
		{"echo", []string{secret}, nil, []string{"535 " + secret + " is wrong\r\n"}, "535 " + Mask + " is wrong\r\n"},
		{"echo a byte at a time", []string{secret}, nil, eachByte("535 " + secret + " is wrong\r\n"), "535 " + Mask + " is wrong\r\n"},
		{"written in two", []string{secret}, []string{"X " + secret[:5], secret[5:] + " y\r\n"}, nil, "X " + Mask + " y\r\n"},
		{"written by bytes", []string{secret}, eachByte("X " + secret + " y\r\n"), nil, "X " + Mask + " y\r\n"},
		{"AUTH and its echo", nil, []string{"AUTH PLAIN " + b64 + "\r\n"}, []string{"220 \r\n535 " + b64 + "\r\n"},
			"AUTH PLAIN " + Mask + "\r\n220 \r\n535 " + Mask + "\r\n"},
		{"AUTH by bytes and its echo", nil, eachByte("AUTH PLAIN " + b64 + "\r\n"), []string{"220 \r\n535 " + b64 + "\r\n"},
			"AUTH PLAIN " + Mask + "\r\n220 \r\n535 " + Mask + "\r\n"},
		{"the password of PLAIN", nil, []string{"AUTH PLAIN " + b64 + "\r\n"}, []string{"220 me " + secret + "\r\n"},
			"AUTH PLAIN " + Mask + "\r\n220 me " + Mask + "\r\n"},
		{"a short word after AUTH", nil, []string{"AUTH PLAIN me\r\n"}, []string{"220 not me\r\n"}, "AUTH PLAIN " + Mask + "\r\n220 not me\r\n"},
		{"ahead", nil, []string{"AUTH LOGIN\r\n" + b64 + "\r\nabcdefghij\r\nRSET\r\n"}, []string{"220 \r\n535 abcdefghij\r\n"},
			"AUTH LOGIN\r\n" + Mask + "\r\n" + Mask + "\r\nRSET\r\n220 \r\n535 " + Mask + "\r\n"},
		{"the word password", []string{"password"}, []string{"AUTH PLAIN password\r\n", "NOOP password\r\n"}, []string{"220 password\r\n"},
			"AUTH PLAIN " + Mask + "\r\nNOOP " + Mask + "\r\n220 " + Mask + "\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := said(t, tt.secrets, nil, tt.writes, tt.replies...); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestSecretWrites(t *testing.T) {
	secret := []WriteOptions{{Secret: true}, {Secret: true}, {Secret: true}}
	for _, tt := range []struct {
		writes []string
		want   string
	}{
		{[]string{"PASS 123456\r\n"}, Mask + "\r\n"},
		{[]string{"one\r\ntwo\n"}, Mask + "\r\n" + Mask + "\n"},
		{[]string{"PASS ", "123456", "\r\n"}, Mask + Mask + "\r\n"},
	} {
		if got := said(t, nil, secret, tt.writes); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.writes, got, tt.want)
		}
	}
	if got := said(t, nil, secret, []string{"PASS 123456\r\n"}, "220 PASS 123456?\r\n"); !strings.HasSuffix(got, "220 "+Mask+"?\r\n") {
		t.Errorf("echo: %q", got)
	}
}
