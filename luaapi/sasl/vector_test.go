package sasl

import (
	"encoding/base64"
	"testing"
)

// turn is what one side of an exchange is given and what it says to that.
type turn struct{ in, out string }

// play has a client go through the turns; the first "in" stands for Start.
func play(t *testing.T, c Client, turns []turn) {
	t.Helper()
	for i, turn := range turns {
		answer := func() ([]byte, error) { return c.Next([]byte(turn.in)) }
		if i == 0 {
			answer = c.Start
		}
		got, err := answer()
		if err != nil || string(got) != turn.out {
			t.Fatalf("turn %d: %q, %v\nwant %q", i, got, err, turn.out)
		}
	}
	if err := c.Finish(); err != nil {
		t.Error(err)
	}
}

func TestClientVectors(t *testing.T) {
	const kitten, ursel = "tanstaaftanstaaf", "xipj3plmq"
	for _, tt := range []struct {
		name, mechanism string
		cred            Credentials
		turns           []turn
	}{
		{"RFC 4616 4, first", "PLAIN", Credentials{User: "tim", Password: kitten},
			[]turn{{"", "\x00tim\x00tanstaaftanstaaf"}}},
		{"RFC 4616 4, second", "PLAIN", Credentials{AuthzID: "Ursel", User: "Kurt", Password: ursel},
			[]turn{{"", "Ursel\x00Kurt\x00xipj3plmq"}}},
		{"RFC 2195 2", "CRAM-MD5", Credentials{User: "tim", Password: kitten}, []turn{{"", ""},
			{"<1896.697170952@postoffice.reston.mci.net>", "tim b913a602c7eda7a495b4e6e7334d3890"}}},
		{"draft-murchison-sasl-login", "LOGIN", Credentials{User: "tim", Password: kitten}, []turn{{"", ""},
			{"User Name\x00", "tim"}, {"Password\x00", kitten}}},
		{"RFC 7628 4.1", "OAUTHBEARER", Credentials{User: "user@example.com", Host: "server.example.com", Port: 143,
			Token: "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="}, []turn{{"", b64(
			"bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB")}}},
		{"Google", "XOAUTH2", Credentials{User: "someuser@example.com",
			Token: "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"}, []turn{{"", b64(
			"dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==")}}},
		{"RFC 4505 3", "ANONYMOUS", Credentials{Token: "sirhc"}, []turn{{"", b64("c2lyaGM=")}}},
		{"RFC 4422 A.2, without", "EXTERNAL", Credentials{User: "fred"}, []turn{{"", ""}}},
		{"RFC 4422 A.2, with", "EXTERNAL", Credentials{AuthzID: "fred@example.com"}, []turn{{"", "fred@example.com"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := NewClient(tt.mechanism, tt.cred)
			if err != nil {
				t.Fatal(err)
			}
			play(t, c, tt.turns)
		})
	}
}

func b64(s string) string {
	data, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// scramVector is an exchange of an RFC: the nonce of either side, the salt in base64, and the messages.
type scramVector struct {
	mechanism, client, server, salt string
	turns                           []turn
}

func scramVectors() []scramVector {
	const nonce1, nonce256 = "fyko+d2lbbFgONRv9qkxdawL", "rOprNGfwEbeRWgbNEkqO"
	return []scramVector{
		{"SCRAM-SHA-1", nonce1, "3rfcNHYJY1ZVvWVs7j", "QSXCR+Q6sek8bf92", []turn{ // RFC 5802 5
			{"", "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"},
			{"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
				"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="},
			{"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", ""}}},
		{"SCRAM-SHA-256", nonce256, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", "W22ZaJ0SNY7soEsUEjb6gQ==", []turn{ // RFC 7677 3
			{"", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"},
			{"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
				"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0," +
					"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="},
			{"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", ""}}},
	}
}

func TestSCRAMVectors(t *testing.T) {
	for _, v := range scramVectors() {
		t.Run(v.mechanism, func(t *testing.T) {
			c, err := NewClient(v.mechanism, Credentials{User: "user", Password: "pencil"})
			if err != nil {
				t.Fatal(err)
			}
			c.(*scramClient).nonce = v.client
			play(t, c, v.turns)

			s, err := NewServer(v.mechanism, func(string) (string, bool) { return "pencil", true }, nil)
			if err != nil {
				t.Fatal(err)
			}
			s.(*scramServer).nonce, s.(*scramServer).salt = v.server, []byte(b64(v.salt))
			for i, turn := range v.turns {
				challenge, done, err := s.Next([]byte(turn.out))
				last := i == len(v.turns)-1
				if err != nil || done != last || !last && string(challenge) != v.turns[i+1].in {
					t.Fatalf("turn %d: %q, %v, %v", i, challenge, done, err)
				}
			}
			if s.Identity() != "user" {
				t.Errorf("identity %q", s.Identity())
			}
		})
	}
}

func TestServerVectors(t *testing.T) {
	passwords := map[string]string{"tim": "tanstaaftanstaaf", "user@example.com": "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="}
	lookup := func(user string) (string, bool) { p, ok := passwords[user]; return p, ok }

	s, _ := NewServer("CRAM-MD5", lookup, nil)
	s.(*cramMD5Server).challenge = "<1896.697170952@postoffice.reston.mci.net>"
	s.Next(nil)
	if _, done, err := s.Next([]byte("tim b913a602c7eda7a495b4e6e7334d3890")); !done || err != nil {
		t.Errorf("RFC 2195 2: %v, %v", done, err)
	}

	s, _ = NewServer("OAUTHBEARER", lookup, nil)
	_, done, err := s.Next([]byte("n,a=user@example.com,\x01host=server.example.com\x01port=143\x01" +
		"auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01"))
	if !done || err != nil || s.Identity() != "user@example.com" {
		t.Errorf("RFC 7628 4.1: %v, %v, %q", done, err, s.Identity())
	}
}

// TestRefusedToken is RFC 7628 4.3, and the same of XOAUTH2: the reasons have to be answered.
func TestRefusedToken(t *testing.T) {
	const reasons = `{"status":"invalid_token","scope":"example_scope",` +
		`"openid-configuration":"https://example.com/.well-known/openid-configuration"}`
	for _, tt := range []struct{ mechanism, challenge, answer, want string }{
		{"OAUTHBEARER", reasons, "\x01", `OAUTHBEARER: refused by the server: status "invalid_token"`},
		{"XOAUTH2", `{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}`, "",
			`XOAUTH2: refused by the server: status "401"`},
		{"XOAUTH2", `{"status":401}`, "", `XOAUTH2: refused by the server: status "401"`},
		{"XOAUTH2", `{}`, "", `XOAUTH2: refused by the server: no status given`},
	} {
		c, err := NewClient(tt.mechanism, full)
		if err != nil {
			t.Fatal(err)
		}
		c.Start()
		answer, err := c.Next([]byte(tt.challenge))
		if err != nil || answer == nil || string(answer) != tt.answer {
			t.Errorf("%s: answer %q, %v; want %q", tt.mechanism, answer, err, tt.answer)
		}
		if err := c.Finish(); err == nil || err.Error() != tt.want {
			t.Errorf("finish: %v; want %s", err, tt.want)
		}
	}
}

func TestNamesAreEscaped(t *testing.T) {
	cred := Credentials{User: "a=b,c", AuthzID: "x,=y", Password: "p", Token: "t"}
	c, _ := NewClient("SCRAM-SHA-256", cred)
	c.(*scramClient).nonce = "N"
	if ir, _ := c.Start(); string(ir) != "n,a=x=2C=3Dy,n=a=3Db=2Cc,r=N" {
		t.Errorf("%q", ir)
	}
	c, _ = NewClient("OAUTHBEARER", cred)
	if ir, _ := c.Start(); string(ir) != "n,a=x=2C=3Dy,\x01auth=Bearer t\x01\x01" {
		t.Errorf("%q", ir)
	}
}
