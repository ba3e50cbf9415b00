package sasl

import (
	"errors"
	"strings"
	"testing"
)

// FuzzSCRAMClient: no server gets past Finish without the right signature, and none makes the client panic.
func FuzzSCRAMClient(f *testing.F) {
	f.Add("r=NCs,s=c2FsdA==,i=1", "v=YQ==", true)
	f.Add("r=NCs,s=c2FsdA==,i=1,x=y", "e=other-error", false)
	f.Add("m=x,r=NCs,s=c2FsdA==,i=1", "", false)
	f.Add("r=NC,s=,i=0", "v=", true)
	f.Add("r=NCs,s=c2Fs\ndA==,i=99999999999999999999", "v=,,", false)
	f.Add(",,,", "=", false)
	f.Fuzz(func(t *testing.T, first, final string, plus bool) {
		mechanism := "SCRAM-SHA-256"
		if plus {
			mechanism += "-PLUS"
		}
		client, err := NewClient(mechanism, full)
		if err != nil {
			t.Fatal(err)
		}
		c := client.(*scramClient)
		c.nonce, c.maxIterations = "NC", 64
		if _, err := c.Start(); err != nil {
			t.Fatal(err)
		}
		answer, err := c.Next([]byte(first))
		noSecret(t, err)
		if err == nil && !strings.Contains(string(answer), ",r=NC") {
			t.Errorf("%q has not the nonce", answer)
		}
		_, err = c.Next([]byte(final))
		noSecret(t, err)
		signed := c.signature != nil && strings.HasPrefix(final, "v="+encode64(c.signature))
		if err := c.Finish(); err == nil && !signed {
			t.Errorf("finishes after %q, %q", first, final)
		}
	})
}

// FuzzSCRAMServer: no client gets in that does not know the password, and a message that is read is written the same.
func FuzzSCRAMServer(f *testing.F) {
	f.Add("n,,n=tim,r=NC", "c=biws,r=NCNS,p=YQ==", false)
	f.Add("y,a=tim,n=tim,r=NC,x=y", "c=eSxhPXRpbSw=,r=NCNS,x=y,p=YQ==", false)
	f.Add("p=tls-exporter,,n=tim,r=NC", "c=cD10bHMtZXhwb3J0ZXIsLGV4cG9ydGVk,r=NCNS,p=", true)
	f.Add("p=tls-unique,a=t=2Cm,n=t=3Dm,r=NC", "", true)
	f.Add("n,,m=x,n=,r=", ",p=,p=", false)
	f.Add("F,,", "c=", false)
	f.Fuzz(func(t *testing.T, first, final string, plus bool) {
		mechanism := "SCRAM-SHA-256"
		if plus {
			mechanism += "-PLUS"
		}
		if m, err := parseClientFirst(first); err == nil && m.header.String()+m.bare != first {
			t.Errorf("%q is read as %q, %q", first, m.header, m.bare)
		}
		server, err := NewServer(mechanism, lookupTim, bindingsFor(mechanism))
		if err != nil {
			t.Fatal(err)
		}
		s := server.(*scramServer)
		s.nonce, s.iterations = "NS", 1
		for _, response := range []string{first, final, ""} {
			_, done, err := s.Next([]byte(response))
			noSecret(t, err)
			if done {
				t.Errorf("%q, %q: let in", first, final)
			}
		}
	})
}

// FuzzServer: whatever comes, in whichever mechanism, the interface is kept to.
func FuzzServer(f *testing.F) {
	for i := range Mechanisms() {
		f.Add(uint8(i), true, "tim", "s3cret", "")
		f.Add(uint8(i), false, "\x00tim\x00s3cret", "tim b913a602c7eda7a495b4e6e7334d3890", "")
		f.Add(uint8(i), false, "user=tim\x01auth=Bearer s3cret\x01\x01", "", "")
		f.Add(uint8(i), false, "n,a=tim,\x01host=mx\x01port=587\x01auth=bearer wrong\x01\x01", "\x01", "")
		f.Add(uint8(i), true, "n,,n=tim,r=NC", "c=biws,r=NC,p=YQ==", "")
	}
	f.Fuzz(func(t *testing.T, index uint8, ask bool, first, second, third string) {
		names := Mechanisms()
		mechanism := names[int(index)%len(names)]
		s, err := NewServer(mechanism, lookupTim, bindingsFor(mechanism))
		if err != nil {
			t.Fatal(err)
		}
		responses := [][]byte{[]byte(first), []byte(second), []byte(third)}
		if ask {
			responses = append([][]byte{nil}, responses...)
		}
		over := false
		for _, response := range responses {
			challenge, done, err := s.Next(response)
			switch {
			case over && (err == nil || errors.Is(err, ErrCredentials) || done):
				t.Fatalf("goes on after the end: %q, %v, %v", challenge, done, err)
			case err != nil && (done || challenge != nil), done && challenge != nil, !done && err == nil && challenge == nil:
				t.Fatalf("not one of challenge, done and error: %q, %v, %v", challenge, done, err)
			}
			if id := s.Identity(); done && id != "tim" && mechanism != "EXTERNAL" && mechanism != "ANONYMOUS" {
				t.Fatalf("%s lets in %q", mechanism, id)
			}
			over = over || done || err != nil
		}
	})
}
