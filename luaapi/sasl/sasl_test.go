package sasl

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

// full has all that any mechanism asks for; the password and the token are the same, so that one lookup serves both.
var full = Credentials{
	User: "tim", Password: "s3cret", Token: "s3cret", Host: "mx.example.com", Port: 587,
	Bindings: []Binding{{"tls-exporter", []byte("exported")}, {"tls-server-end-point", []byte("certificate")}},
}

func lookupTim(user string) (string, bool) {
	if user != "tim" {
		return "", false
	}
	return "s3cret", true
}

// converse has a client and a server talk, as over SMTP. With hold the initial response is sent only when asked for.
func converse(t *testing.T, c Client, s Server, hold bool) (clientErr, serverErr error) {
	t.Helper()
	response, err := c.Start()
	if err != nil {
		return err, nil
	}
	if hold && response != nil {
		challenge, done, err := s.Next(nil)
		if err != nil || done || challenge == nil || len(challenge) != 0 {
			t.Fatalf("without an initial response: %q, %v, %v; want an empty challenge", challenge, done, err)
		}
	}
	for range 10 {
		challenge, done, err := s.Next(response)
		if err != nil {
			return c.Finish(), err
		}
		if done {
			if challenge != nil {
				t.Errorf("done with the challenge %q", challenge)
			}
			return c.Finish(), nil
		}
		if response, err = c.Next(challenge); err != nil {
			return err, nil
		}
		if response == nil {
			t.Errorf("answer to %q is nil, which is not a response", challenge)
		}
	}
	t.Fatal("no end of the exchange")
	return nil, nil
}

func newPair(t *testing.T, mechanism string, cred Credentials, bindings []Binding) (Client, Server) {
	t.Helper()
	c, err := NewClient(mechanism, cred)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewServer(mechanism, lookupTim, bindings)
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

// bindingsFor gives the server the bindings only with PLUS: a client that has some says "y" otherwise.
func bindingsFor(mechanism string) []Binding {
	if strings.HasSuffix(mechanism, "-PLUS") {
		return full.Bindings
	}
	return nil
}

func noSecret(t *testing.T, err error) {
	t.Helper()
	if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "wr0ng")) {
		t.Errorf("secret in the error %q", err)
	}
}

func TestEachClientAgainstEachServer(t *testing.T) {
	for _, mechanism := range ServerMechanisms() {
		for _, hold := range []bool{false, true} {
			// Mixed case: names are case-insensitive.
			c, s := newPair(t, mechanism[:1]+strings.ToLower(mechanism[1:]), full, bindingsFor(mechanism))
			if id := s.Identity(); id != "" {
				t.Errorf("%s: identity %q before the end", mechanism, id)
			}
			if cerr, serr := converse(t, c, s, hold); cerr != nil || serr != nil {
				t.Errorf("%s: client: %v, server: %v", mechanism, cerr, serr)
			}
			want := map[string]string{"EXTERNAL": "", "ANONYMOUS": "anonymous"}
			id, special := want[mechanism]
			if !special {
				id = "tim"
			}
			if s.Identity() != id {
				t.Errorf("%s: identity %q, want %q", mechanism, s.Identity(), id)
			}
			if _, err := c.Next([]byte("more")); err == nil {
				// OAuth's one challenge is still open: it is no JSON, though.
				t.Errorf("%s: client answers a challenge after the end", mechanism)
			}
			if _, _, err := s.Next([]byte("more")); err == nil {
				t.Errorf("%s: server takes a response after the end", mechanism)
			}
		}
	}
}

func TestWrongCredentialsAreRefused(t *testing.T) {
	change := map[string]func(*Credentials){
		"user":     func(c *Credentials) { c.User = "tom" },
		"password": func(c *Credentials) { c.Password, c.Token = "wr0ng", "wr0ng" },
		"authzid":  func(c *Credentials) { c.AuthzID = "root" },
	}
	for _, mechanism := range ServerMechanisms() {
		for name, f := range change {
			switch {
			case mechanism == "ANONYMOUS", mechanism == "EXTERNAL" && name != "authzid":
				continue
			case name == "authzid" && (mechanism == "LOGIN" || mechanism == "CRAM-MD5" || mechanism == "XOAUTH2"):
				continue // which have none
			}
			cred := full
			f(&cred)
			c, s := newPair(t, mechanism, cred, bindingsFor(mechanism))
			cerr, serr := converse(t, c, s, false)
			if !errors.Is(serr, ErrCredentials) || s.Identity() != "" {
				t.Errorf("%s, wrong %s: %v, identity %q", mechanism, name, serr, s.Identity())
			}
			if inBand := strings.Contains(mechanism, "OAUTH"); inBand != errors.Is(cerr, ErrRefused) {
				t.Errorf("%s, wrong %s: client has %v", mechanism, name, cerr)
			}
			noSecret(t, cerr)
			noSecret(t, serr)
		}
	}
}

func TestAuthzIDOfTheUserIsAccepted(t *testing.T) {
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "OAUTHBEARER", "EXTERNAL"} {
		cred := full
		cred.AuthzID = "tim"
		c, s := newPair(t, mechanism, cred, bindingsFor(mechanism))
		if cerr, serr := converse(t, c, s, false); cerr != nil || serr != nil || s.Identity() != "tim" {
			t.Errorf("%s: client: %v, server: %v, identity %q", mechanism, cerr, serr, s.Identity())
		}
	}
}

func TestServerWithoutPasswordLetsNobodyIn(t *testing.T) {
	empty := func(string) (string, bool) { return "", true }
	for mechanism, response := range map[string]string{
		"PLAIN": "\x00tim\x00", "XOAUTH2": "user=tim\x01auth=Bearer \x01\x01", "OAUTHBEARER": "n,a=tim,\x01auth=\x01\x01",
	} {
		s, err := NewServer(mechanism, empty, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, done, _ := s.Next([]byte(response)); done {
			t.Errorf("%s: the empty password is accepted", mechanism)
		}
	}
	// Neither is the empty password that of a user who is not there.
	for _, lookup := range []Lookup{empty, nil} {
		s, _ := NewServer("CRAM-MD5", lookup, nil)
		challenge, _, _ := s.Next(nil)
		_, done, err := s.Next([]byte("tim " + cramMD5Digest("", string(challenge))))
		if done || !errors.Is(err, ErrCredentials) {
			t.Errorf("CRAM-MD5: the empty password: %v, %v", done, err)
		}
	}
	s, _ := NewServer("LOGIN", nil, nil)
	s.Next([]byte("tim"))
	if _, done, err := s.Next([]byte{}); done || !errors.Is(err, ErrCredentials) {
		t.Errorf("LOGIN: the empty password: %v, %v", done, err)
	}
}

func TestNewClientNamesWhatIsMissing(t *testing.T) {
	without := func(f func(*Credentials)) Credentials { c := full; f(&c); return c }
	for _, tt := range []struct {
		mechanism string
		cred      Credentials
		want      string
	}{
		{"plain", Credentials{}, "PLAIN needs a user, and none is given"},
		{"LOGIN", Credentials{User: "tim"}, "LOGIN needs a password, and none is given"},
		{"CRAM-MD5", Credentials{Password: "s3cret"}, "CRAM-MD5 needs a user, and none is given"},
		{"XOAUTH2", Credentials{User: "tim"}, "XOAUTH2 needs a token, and none is given"},
		{"OAUTHBEARER", Credentials{Password: "s3cret"}, "OAUTHBEARER needs a token, and none is given"},
		{"SCRAM-SHA-1-PLUS", without(func(c *Credentials) { c.Bindings = []Binding{{Type: "tls-unique"}} }),
			"SCRAM-SHA-1-PLUS needs channel binding data of a TLS connection, and none is given"},
		{"PLAIN", without(func(c *Credentials) { c.Password = "s3cret\x00" }),
			"PLAIN: the password contains the byte 0x00, which the mechanism cannot carry"},
		{"OAUTHBEARER", without(func(c *Credentials) { c.Token = "s3cret\x01" }),
			"OAUTHBEARER: the token contains the byte 0x01, which the mechanism cannot carry"},
		{"SCRAM-SHA-1", without(func(c *Credentials) { c.User = "\x00" }),
			"SCRAM-SHA-1: the user contains the byte 0x00, which the mechanism cannot carry"},
		{"EXTERNAL", Credentials{AuthzID: "\x00"},
			"EXTERNAL: the authzid contains the byte 0x00, which the mechanism cannot carry"},
		{"ANONYMOUS", Credentials{Token: strings.Repeat("é", 256)},
			"ANONYMOUS: the trace information is longer than 255 characters"},
		{"digest-md5", Credentials{User: "tim"}, "DIGEST-MD5 needs a password, and none is given"},
		{"NTLM", Credentials{Password: "s3cret"}, "NTLM needs a user, and none is given"},
		{"KERBEROS_V4", full, `unknown SASL mechanism "KERBEROS_V4"`},
	} {
		c, err := NewClient(tt.mechanism, tt.cred)
		if c != nil || err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, %v; want %q", tt.mechanism, c, err, tt.want)
		}
		noSecret(t, err)
	}
}

func TestNewServerErrors(t *testing.T) {
	for mechanism, want := range map[string]error{"NTLM": ErrClientOnly, "digest-md5": ErrClientOnly, "": ErrUnknownMechanism, "SCRAM-SHA-256-PLUS": nil} {
		s, err := NewServer(mechanism, lookupTim, nil)
		if s != nil || err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v, %v", mechanism, s, err)
		}
	}
}

func TestStrongest(t *testing.T) {
	password := Credentials{User: "tim", Password: "s3cret"}
	bound := password
	bound.Bindings = full.Bindings
	all := slices.Clone(Mechanisms())
	slices.Reverse(all)
	for _, tt := range []struct {
		offered []string
		cred    Credentials
		want    string
	}{
		{all, full, "OAUTHBEARER"},
		{[]string{"LOGIN", "PLAIN", "XOAUTH2"}, full, "XOAUTH2"},
		{[]string{"xoauth2", "plain"}, Credentials{Token: "t"}, ""},
		{all, bound, "SCRAM-SHA-256-PLUS"},
		{all, password, "SCRAM-SHA-256"},
		{[]string{"SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "CRAM-MD5"}, bound, "SCRAM-SHA-1-PLUS"},
		{[]string{"SCRAM-SHA-1-PLUS", "CRAM-MD5", "scram-sha-1"}, password, "SCRAM-SHA-1"},
		{[]string{"login", "plain", "cram-md5"}, password, "CRAM-MD5"},
		{[]string{"LOGIN", "PLAIN", "EXTERNAL", "ANONYMOUS"}, password, "PLAIN"},
		{[]string{"LOGIN", "NTLM", "CRAM-MD5", "DIGEST-MD5"}, password, "DIGEST-MD5"},
		{[]string{"LOGIN", "PLAIN", "ntlm"}, password, "NTLM"},
		{[]string{"EXTERNAL", "ANONYMOUS"}, password, ""},
		{all, Credentials{User: "tim"}, "EXTERNAL"},
		{all, Credentials{}, "ANONYMOUS"},
		{[]string{"ANONYMOUS"}, Credentials{Token: "bearer"}, ""},
		{nil, full, ""},
	} {
		got, ok := Strongest(tt.offered, tt.cred)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("of %v: %q, %v; want %q", tt.offered, got, ok, tt.want)
		}
	}
}

func TestMechanismsGivesACopy(t *testing.T) {
	Mechanisms()[0] = "changed"
	if Mechanisms()[0] == "changed" {
		t.Error("the caller can change the list")
	}
}

func TestMisuseOfAClient(t *testing.T) {
	for _, mechanism := range ServerMechanisms() {
		for name, misuse := range map[string]func(Client) error{
			"next first":   func(c Client) error { _, err := c.Next(nil); return err },
			"finish first": Client.Finish,
			"start twice":  func(c Client) error { c.Start(); _, err := c.Start(); return err },
		} {
			c, _ := newPair(t, mechanism, full, full.Bindings)
			if err := misuse(c); err == nil || !strings.HasPrefix(err.Error(), mechanism+": ") {
				t.Errorf("%s, %s: %v", mechanism, name, err)
			}
			if c.Finish() == nil {
				t.Errorf("%s, %s: finishes all the same", mechanism, name)
			}
		}
	}
}

func TestSuccessBeforeTheEndIsAnError(t *testing.T) {
	for _, mechanism := range []string{"LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS"} {
		c, _ := newPair(t, mechanism, full, full.Bindings)
		c.Start()
		if err := c.Finish(); err == nil || !strings.Contains(err.Error(), "server ended the exchange") {
			t.Errorf("%s: %v", mechanism, err)
		}
	}
}

func TestLoginWithUserFirst(t *testing.T) {
	c, s := newPair(t, "LOGIN", full, nil)
	user, err := c.(UserFirst).StartWithUser()
	if err != nil || string(user) != "tim" {
		t.Fatalf("%q, %v", user, err)
	}
	challenge, done, err := s.Next(user)
	if err != nil || done || string(challenge) != "Password:" {
		t.Fatalf("%q, %v, %v", challenge, done, err)
	}
	response, err := c.Next(challenge)
	if err != nil || !bytes.Equal(response, []byte("s3cret")) {
		t.Fatalf("%q, %v", response, err)
	}
	if _, done, err := s.Next(response); !done || err != nil || c.Finish() != nil || s.Identity() != "tim" {
		t.Errorf("%v, %v, %v, %q", done, err, c.Finish(), s.Identity())
	}
	if _, err := c.(UserFirst).StartWithUser(); err == nil {
		t.Error("the exchange starts a second time")
	}
}
