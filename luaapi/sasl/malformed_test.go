package sasl

import (
	"errors"
	"strings"
	"testing"
)

func TestMalformedChallenges(t *testing.T) {
	const ok = "r=NCserver,s=c2FsdA==,i=1"
	for _, tt := range []struct {
		mechanism  string
		challenges []string
		want       string // in the error of the last
	}{
		{"PLAIN", []string{"more"}, "unexpected challenge"},
		{"EXTERNAL", []string{""}, "unexpected challenge"},
		{"ANONYMOUS", []string{""}, "unexpected challenge"},
		{"LOGIN", []string{"Username:", "Password:", "Again:"}, "unexpected challenge"},
		{"CRAM-MD5", []string{""}, "challenge is empty"},
		{"CRAM-MD5", []string{"<1@x>", "<2@x>"}, "unexpected challenge"},
		{"XOAUTH2", []string{""}, "not a JSON object"},
		{"XOAUTH2", []string{"null"}, "not a JSON object"},
		{"XOAUTH2", []string{`["status"]`}, "not a JSON object"},
		{"OAUTHBEARER", []string{`{"status":`}, "not a JSON object"},
		{"OAUTHBEARER", []string{`{}`, `{}`}, "unexpected challenge"},

		{"SCRAM-SHA-1", []string{""}, "part 1 of the message is not an attribute"},
		{"SCRAM-SHA-1", []string{"r"}, "part 1 of the message is not an attribute"},
		{"SCRAM-SHA-1", []string{"r=NCserver"}, "message has no attribute s"},
		{"SCRAM-SHA-1", []string{"r=NCserver,i=1,s=c2FsdA=="}, "attribute 2 of the message is i, where s is due"},
		{"SCRAM-SHA-1", []string{"s=c2FsdA==,i=1"}, "attribute 1 of the message is s, where r is due"},
		{"SCRAM-SHA-1", []string{"m=x," + ok}, "mandatory extension"},
		{"SCRAM-SHA-1", []string{ok + ",m=x"}, "mandatory extension"},
		{"SCRAM-SHA-1", []string{ok + ",x"}, "part 4 of the message is not an attribute"},
		{"SCRAM-SHA-1", []string{ok + ",x="}, "attribute x is empty"},
		{"SCRAM-SHA-1", []string{ok + "\x00"}, "not UTF-8 without NUL"},
		{"SCRAM-SHA-1", []string{ok + ",x=\xff"}, "not UTF-8 without NUL"},
		{"SCRAM-SHA-1", []string{"r=Nserver,s=c2FsdA==,i=1"}, "does not begin with the client's"},
		{"SCRAM-SHA-1", []string{"r=NC,s=c2FsdA==,i=1"}, "added nothing"},
		{"SCRAM-SHA-1", []string{"r=NC server,s=c2FsdA==,i=1"}, "not printable"},
		{"SCRAM-SHA-1", []string{"r=NCserver,s=,i=1"}, "attribute s is empty"},
		{"SCRAM-SHA-1", []string{"r=NCserver,s=c2FsdA=,i=1"}, "not base64"},
		{"SCRAM-SHA-1", []string{"r=NCserver,s=c2Fs\r\ndA==,i=1"}, "not base64"},
		{"SCRAM-SHA-1", []string{"r=NCserver,s=c2FsdB==,i=1"}, "not base64"},
		{"SCRAM-SHA-1", []string{"r=NCserver,s=c2FsdA==,i=0"}, "not a positive number"},
		{"SCRAM-SHA-1", []string{"r=NCserver,s=c2FsdA==,i=01"}, "not a positive number"},
		{"SCRAM-SHA-1", []string{"r=NCserver,s=c2FsdA==,i=-1"}, "not a positive number"},
		{"SCRAM-SHA-1", []string{"r=NCserver,s=c2FsdA==,i=+1"}, "not a positive number"},
		{"SCRAM-SHA-1", []string{"r=NCserver,s=c2FsdA==,i=10000001"}, "10000001 iterations, more than 10000000"},
		{"SCRAM-SHA-1", []string{"r=NCserver,s=c2FsdA==,i=99999999999999999999"}, "out of range"},
		{"SCRAM-SHA-1", []string{"e=unknown-user"}, "attribute 1 of the message is e, where r is due"},
		{"SCRAM-SHA-256", []string{ok, ""}, "server-final-message: part 1 of the message is not an attribute"},
		{"SCRAM-SHA-256", []string{ok, "v="}, "attribute v is empty"},
		{"SCRAM-SHA-256", []string{ok, "v=!"}, "server signature is not base64"},
		{"SCRAM-SHA-256", []string{ok, "e="}, "attribute e is empty"},
		{"SCRAM-SHA-256", []string{ok, "p=YQ=="}, "attribute 1 of the message is p, where v is due"},
		{"SCRAM-SHA-256", []string{ok, "v=YQ==", ""}, "unexpected challenge"},
	} {
		cred := full
		cred.Bindings = nil
		c, err := NewClient(tt.mechanism, cred)
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := c.(*scramClient); ok {
			s.nonce = "NC"
		}
		_, err = c.Start()
		for i, challenge := range tt.challenges {
			if err != nil {
				t.Fatalf("%s, %q: error too early: %v", tt.mechanism, tt.challenges[:i], err)
			}
			_, err = c.Next([]byte(challenge))
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), tt.mechanism+": ") {
			t.Errorf("%s, %q: %v; want %q", tt.mechanism, tt.challenges, err, tt.want)
		}
		if c.Finish() == nil {
			t.Errorf("%s, %q: finishes all the same", tt.mechanism, tt.challenges)
		}
		noSecret(t, err)
	}
}

func TestSCRAMServerHasToProveItself(t *testing.T) {
	for _, tt := range []struct {
		challenges []string
		want       string
		refused    bool
	}{
		{nil, "without proving that it knows the password", false},
		{[]string{"r=NCs,s=c2FsdA==,i=1"}, "without proving that it knows the password", false},
		{[]string{"r=NCs,s=c2FsdA==,i=1", "v=YQ=="}, "server signature is wrong", false},
		{[]string{"r=NCs,s=c2FsdA==,i=1", "e=invalid-proof"}, `refused by the server: e="invalid-proof"`, true},
		{[]string{"r=NCs,s=c2FsdA==,i=1", "e=other-error,x=y"}, `e="other-error"`, true},
	} {
		c, _ := NewClient("SCRAM-SHA-256", full)
		c.(*scramClient).nonce = "NC"
		c.Start()
		for i, challenge := range tt.challenges {
			answer, err := c.Next([]byte(challenge))
			if err != nil || answer == nil || i == 1 && len(answer) != 0 {
				t.Errorf("%q: %q, %v", challenge, answer, err)
			}
		}
		err := c.Finish()
		if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, ErrRefused) != tt.refused {
			t.Errorf("%q: %v; want %q", tt.challenges, err, tt.want)
		}
	}
}

func TestMalformedResponses(t *testing.T) {
	const first = "n,,n=tim,r=NC"
	for _, tt := range []struct {
		mechanism string
		responses []string // "nil" stands for none
		want      string
	}{
		{"PLAIN", []string{""}, "does not have two NULs"},
		{"PLAIN", []string{"nil", "tim\x00s3cret"}, "does not have two NULs"},
		{"PLAIN", []string{"\x00tim\x00s3cret\x00"}, "does not have two NULs"},
		{"PLAIN", []string{"\x00\x00s3cret"}, "identity is empty"},
		{"PLAIN", []string{"\x00tim\x00"}, "password is empty"},
		{"PLAIN", []string{"\x00tim\x00s3cret\xff"}, "not UTF-8"},
		{"LOGIN", []string{"nil", ""}, "user name is empty"},
		{"LOGIN", []string{""}, "user name is empty"},
		{"CRAM-MD5", []string{"tim 1234"}, "initial response in a mechanism that has none"},
		{"CRAM-MD5", []string{"nil", ""}, "not a user name, a space and a digest"},
		{"CRAM-MD5", []string{"nil", " b913a602c7eda7a495b4e6e7334d3890"}, "not a user name, a space and a digest"},
		{"CRAM-MD5", []string{"nil", "tim s3cret"}, "not 32 lower-case hexadecimal digits"},
		{"CRAM-MD5", []string{"nil", "tim B913A602C7EDA7A495B4E6E7334D3890"}, "not 32 lower-case"},
		{"EXTERNAL", []string{"a\x00b"}, "not UTF-8 without NUL"},
		{"EXTERNAL", []string{"\xff"}, "not UTF-8 without NUL"},
		{"ANONYMOUS", []string{"\xff"}, "not UTF-8"},
		{"ANONYMOUS", []string{strings.Repeat("x", 256)}, "longer than 255"},

		{"XOAUTH2", []string{""}, "does not end with two 0x01"},
		{"XOAUTH2", []string{"\x01"}, "not made of keys"},
		{"XOAUTH2", []string{"user=tim\x01auth=Bearer s3cret\x01"}, "does not end with two 0x01"},
		{"XOAUTH2", []string{"user=tim\x01s3cret\x01\x01"}, "not made of keys"},
		{"XOAUTH2", []string{"user=tim\x01user=tom\x01\x01"}, "not made of keys"},
		{"XOAUTH2", []string{"auth=Bearer s3cret\x01\x01"}, "has no user"},
		{"XOAUTH2", []string{"user=tim\x01\x01"}, "has no auth"},
		{"XOAUTH2", []string{"user=tim\x01auth=Basic s3cret\x01\x01"}, "not of the scheme Bearer"},
		{"XOAUTH2", []string{"user=\xff\x01\x01"}, "not UTF-8"},
		{"XOAUTH2", []string{"user=tim\x01auth=Bearer wr0ng\x01\x01", "\x01"}, "response to the refusal"},
		{"OAUTHBEARER", []string{""}, "no gs2 header"},
		{"OAUTHBEARER", []string{"\x01"}, "no gs2 header"},
		{"OAUTHBEARER", []string{"n,a=tim,"}, "not followed by 0x01"},
		{"OAUTHBEARER", []string{"n,b=tim,\x01\x01"}, "other than an authorization identity"},
		{"OAUTHBEARER", []string{"n,a=tim,\x01auth=Bearer s3cret\x01"}, "does not end with two 0x01"},
		{"OAUTHBEARER", []string{"p=tls-unique,,\x01\x01"}, "channel binding without PLUS"},
		{"OAUTHBEARER", []string{"n,a=tim,\x01auth=Bearer wr0ng\x01\x01", ""}, "response to the refusal"},

		{"SCRAM-SHA-256", []string{""}, "no gs2 header"},
		{"SCRAM-SHA-256", []string{"n,"}, "no gs2 header"},
		{"SCRAM-SHA-256", []string{"N,,n=tim,r=NC"}, `flag "N"`},
		{"SCRAM-SHA-256", []string{"F,n,,n=tim,r=NC"}, `flag "F"`},
		{"SCRAM-SHA-256", []string{"p=,,n=tim,r=NC"}, `flag "p="`},
		{"SCRAM-SHA-256", []string{"p=a_b,,n=tim,r=NC"}, `flag "p=a_b"`},
		{"SCRAM-SHA-256", []string{"p=tls-unique,,n=tim,r=NC"}, "channel binding without PLUS"},
		{"SCRAM-SHA-256", []string{"n,a=,n=tim,r=NC"}, "authorization identity: name is empty"},
		{"SCRAM-SHA-256", []string{"n,a=\xff,n=tim,r=NC"}, "authorization identity: name is empty or not UTF-8"},
		{"SCRAM-SHA-256", []string{"n,a=t\x00m,n=tim,r=NC"}, "authorization identity: name is empty or not UTF-8"},
		{"SCRAM-SHA-256", []string{"n,,n=t=2cim,r=NC"}, "user name: name has a"},
		{"SCRAM-SHA-256", []string{"n,,n=tim=,r=NC"}, "user name: name has a"},
		{"SCRAM-SHA-256", []string{"n,,n=,r=NC"}, "attribute n is empty"},
		{"SCRAM-SHA-256", []string{"n,,r=NC,n=tim"}, "attribute 1 of the message is r, where n is due"},
		{"SCRAM-SHA-256", []string{"n,,m=x,n=tim,r=NC"}, "mandatory extension"},
		{"SCRAM-SHA-256", []string{"n,,n=tim,r=\x7f"}, "not printable"},
		{"SCRAM-SHA-256", []string{first, ""}, "message has no proof"},
		{"SCRAM-SHA-256", []string{first, "c=biws,r=NC"}, "message has no proof"},
		{"SCRAM-SHA-256", []string{first, "c=biws,r=NCNS,p=!"}, "proof is not base64"},
		{"SCRAM-SHA-256", []string{first, "c=!,r=NCNS,p=YQ=="}, "channel binding is not base64"},
		{"SCRAM-SHA-256", []string{first, "r=NCNS,p=YQ=="}, "attribute 1 of the message is r, where c is due"},
		{"SCRAM-SHA-256", []string{first, "c=biws,r=NC,p=YQ=="}, "not the one of this exchange"},
		{"SCRAM-SHA-256-PLUS", []string{first}, "PLUS without channel binding"},
		{"SCRAM-SHA-256-PLUS", []string{"y,,n=tim,r=NC"}, "PLUS without channel binding"},
	} {
		s, err := NewServer(tt.mechanism, lookupTim, bindingsFor(tt.mechanism))
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := s.(*scramServer); ok {
			s.nonce = "NS"
		}
		for i, response := range tt.responses {
			if err != nil {
				t.Fatalf("%s, %q: error too early: %v", tt.mechanism, tt.responses[:i], err)
			}
			_, _, err = s.Next(wire(response))
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, ErrCredentials) {
			t.Errorf("%s, %q: %v; want %q", tt.mechanism, tt.responses, err, tt.want)
		}
		noSecret(t, err)
		if _, _, err := s.Next([]byte("more")); err == nil || s.Identity() != "" {
			t.Errorf("%s, %q: goes on after the error", tt.mechanism, tt.responses)
		}
	}
}

func TestServerFinalMessageHasAnEmptyAnswer(t *testing.T) {
	c, s := newPair(t, "SCRAM-SHA-1-PLUS", full, full.Bindings)
	message, err := c.Start()
	for range 2 {
		challenge, _, serverErr := s.Next(message)
		if err != nil || serverErr != nil {
			t.Fatal(err, serverErr)
		}
		message, err = c.Next(challenge)
	}
	if _, done, err := s.Next([]byte("more")); done || err == nil || errors.Is(err, ErrCredentials) || s.Identity() != "" {
		t.Errorf("%v, %v, %q", done, err, s.Identity())
	}
}

func wire(response string) []byte {
	if response == "nil" {
		return nil
	}
	return []byte(response)
}
