package sasl

import (
	"encoding/binary"
	"errors"
	"slices"
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
	for i := range ServerMechanisms() {
		f.Add(uint8(i), true, "tim", "s3cret", "")
		f.Add(uint8(i), false, "\x00tim\x00s3cret", "tim b913a602c7eda7a495b4e6e7334d3890", "")
		f.Add(uint8(i), false, "user=tim\x01auth=Bearer s3cret\x01\x01", "", "")
		f.Add(uint8(i), false, "n,a=tim,\x01host=mx\x01port=587\x01auth=bearer wrong\x01\x01", "\x01", "")
		f.Add(uint8(i), true, "n,,n=tim,r=NC", "c=biws,r=NC,p=YQ==", "")
	}
	f.Fuzz(func(t *testing.T, index uint8, ask bool, first, second, third string) {
		names := ServerMechanisms()
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

// FuzzDigestMD5Client: no server gets past Finish that does not know the password, what is quoted is read back, and no message makes the client panic.
func FuzzDigestMD5Client(f *testing.F) {
	f.Add(`realm="r",nonce="n",algorithm=md5-sess`, "rspauth=00000000000000000000000000000000")
	f.Add(` NONCE = "n\"" ,, algorithm=MD5-SESS, x="a\\b,c", realm="ü" , charset=UTF-8,qop="auth-int,auth"`, "rspauth=\"\"")
	f.Add(`nonce="n`, `rspauth`)
	f.Add(`nonce="\`, `="`)
	f.Fuzz(func(t *testing.T, challenge, final string) {
		client, err := NewClient("DIGEST-MD5", full)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Start(); err != nil {
			t.Fatal(err)
		}
		answer, err := client.Next([]byte(challenge))
		noSecret(t, err)
		if err == nil {
			list, perr := parseDirectives(string(answer))
			d, _ := parseDigestChallenge(challenge)
			if perr == nil && !slices.Contains(list, directive{"nonce", d.nonce}) || perr != nil && len(answer) <= maxDigestMessage {
				t.Errorf("%q is read as %v, %v", answer, list, perr)
			}
		}
		_, err = client.Next([]byte(final))
		noSecret(t, err)
		known := client.(*digestMD5Client).rspauth
		if err := client.Finish(); err == nil && (known == "" || !strings.Contains(final, known)) {
			t.Errorf("finishes after %q, %q", challenge, final)
		}
	})
}

// FuzzNTLMClient: whatever the challenge is, the answer's fields lie within it.
func FuzzNTLMClient(f *testing.F) {
	good := (&ntlmServer{flags: 0x00808201, info: []byte("\x06\x00\x04\x00\x01\x00\x00\x00\x07\x00\x08\x00\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x00\x00")}).challenge()
	f.Add(good)
	f.Add(good[:32])
	f.Add(good[:50])
	f.Fuzz(func(t *testing.T, challenge []byte) {
		client, err := NewClient("NTLM", full)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Start(); err != nil {
			t.Fatal(err)
		}
		answer, err := client.Next(challenge)
		noSecret(t, err)
		if err != nil {
			return
		}
		for at := 12; at < 60; at += 8 {
			n, from := int(binary.LittleEndian.Uint16(answer[at:])), int(binary.LittleEndian.Uint32(answer[at+4:]))
			if from+n > len(answer) || from < 64 {
				t.Errorf("%x: the field at %d lies outside", answer, at)
			}
		}
	})
}
