package sasl

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"
)

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// msChallenge is the CHALLENGE_MESSAGE of MS-NLMP 4.2.4.3.
const msChallenge = "4e544c4d53535000 02000000 0c000c0038000000 33828ae2 0123456789abcdef 0000000000000000 2400240044000000 060070170000000f" +
	"530065007200760065007200" + "02000c0044006f006d00610069006e00" + "01000c00530065007200760065007200" + "00000000"

// MS-NLMP 4.2.4: User, Password, Domain, time 0, a client challenge of eight aa.
func TestNTLMVectors(t *testing.T) {
	t.Parallel()
	key := ntowfV2("User", "Domain", "Password")
	if got := hex.EncodeToString(key); got != "0c868a403bfd7a93a3001ef22ef02e3f" { // 4.2.4.1.1
		t.Errorf("NTOWFv2: %s", got)
	}
	m, err := parseNTLMChallenge(unhex(t, msChallenge))
	if err != nil {
		t.Fatal(err)
	}
	v := ntlmV2{key: key, server: m.challenge, client: [8]byte(bytes.Repeat([]byte{0xaa}, 8))}
	if got := hex.EncodeToString(v.lmResponse()); got != "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa" { // 4.2.4.2.1
		t.Errorf("LMv2: %s", got)
	}
	const temp = "0101000000000000" + "0000000000000000" + "aaaaaaaaaaaaaaaa" + "00000000" + // 4.2.4.1.3
		"02000c0044006f006d00610069006e00" + "01000c00530065007200760065007200" + "00000000" + "00000000"
	if got := hex.EncodeToString(v.ntResponse(m.info.bytes())); got != "68cd0ab851e51c96aabc927bebef6a1c"+temp { // 4.2.4.2.2
		t.Errorf("NTLMv2: %s", got)
	}
	if got := hex.EncodeToString(hmacMD5(key, unhex(t, "68cd0ab851e51c96aabc927bebef6a1c"))); got != "8de40ccadbc14a82f15cb0ad0de95ca3" { // 4.2.4.1.2
		t.Errorf("SessionBaseKey: %s", got)
	}
}

// ntlmServer is a server of the test that looks at every field.
type ntlmServer struct {
	user, domain, password string
	flags                  uint32
	info                   []byte
	mic                    bool // it is to be there
}

func (s *ntlmServer) challenge() []byte {
	b := append([]byte("NTLMSSP\x00\x02\x00\x00\x00"), make([]byte, 8)...)
	b = binary.LittleEndian.AppendUint32(b, s.flags)
	b = append(append(b, "12345678"...), make([]byte, 8)...)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(s.info)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(s.info)))
	return append(binary.LittleEndian.AppendUint32(b, 48), s.info...)
}

func (s *ntlmServer) check(negotiate, challenge, authenticate []byte) error {
	if want := "NTLMSSP\x00\x01\x00\x00\x00\x07\x82\x08\x00" + strings.Repeat("\x00", 16); string(negotiate) != want {
		return fmt.Errorf("negotiate: %x", negotiate)
	}
	a := authenticate
	field := func(at int) []byte {
		n, max, from := binary.LittleEndian.Uint16(a[at:]), binary.LittleEndian.Uint16(a[at+2:]), binary.LittleEndian.Uint32(a[at+4:])
		if n != max {
			return nil
		}
		return a[from : from+uint32(n)]
	}
	mac := func(key []byte, parts ...[]byte) []byte {
		h := hmac.New(md5.New, key)
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	wide := func(text string) (b []byte) {
		for i := range len(text) {
			b = append(b, text[i], 0)
		}
		return b
	}
	if string(a[:12]) != "NTLMSSP\x00\x03\x00\x00\x00" || !bytes.Equal(field(28), wide(s.domain)) || !bytes.Equal(field(36), wide(s.user)) {
		return fmt.Errorf("authenticate: %x", a)
	}
	flags := binary.LittleEndian.Uint32(a[60:])
	if flags&^s.flags != 0 || flags&1 == 0 || len(field(44)) > 0 || len(field(52)) > 0 {
		return fmt.Errorf("flags %x, workstation %x, key %x", flags, field(44), field(52))
	}
	hash := md4(wide(s.password))
	key := mac(hash[:], wide(strings.ToUpper(s.user)+s.domain))
	nt := field(20)
	proof, temp := nt[:16], nt[16:]
	if !bytes.Equal(proof, mac(key, challenge[24:32], temp)) || !bytes.HasPrefix(temp, []byte{1, 1, 0, 0, 0, 0, 0, 0}) || !bytes.HasSuffix(temp, make([]byte, 4)) {
		return fmt.Errorf("NTLMv2 %x", nt)
	}
	if s.mic {
		sent := bytes.Clone(a[72:88])
		clear(a[72:88])
		if want := mac(mac(key, proof), negotiate, challenge, a); !bytes.Equal(sent, want) || !bytes.Equal(field(12), make([]byte, 24)) {
			return fmt.Errorf("MIC %x, not %x; LM %x", sent, want, field(12))
		}
		if want := append([]byte("\x06\x00\x04\x00\x03\x00\x00\x00"), make([]byte, 8)...); !bytes.HasSuffix(temp, want) || !bytes.Contains(temp[:16], []byte("\x01\x02\x03\x04\x05\x06\x07\x08")) {
			return fmt.Errorf("temp %x", temp)
		}
		return nil
	}
	if lm := field(12); !bytes.Equal(lm, append(mac(key, challenge[24:32], temp[16:24]), temp[16:24]...)) {
		return fmt.Errorf("LMv2 %x", lm)
	}
	if at := time.Unix(int64(binary.LittleEndian.Uint64(temp[8:])/1e7)-11644473600, 0); time.Since(at).Abs() > time.Hour {
		return fmt.Errorf("time %s", at)
	}
	return nil
}

func TestNTLM(t *testing.T) {
	t.Parallel()
	const info = "\x02\x00\x04\x00D\x00O\x00\x00\x00\x00\x00"
	const timed = "\x06\x00\x04\x00\x01\x00\x00\x00\x07\x00\x08\x00\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x00\x00"
	for _, tt := range []struct {
		name   string
		cred   Credentials
		server ntlmServer
	}{
		{"user alone", Credentials{User: "tim", Password: "s3cret"}, ntlmServer{user: "tim", flags: 0xa2888207, info: []byte(info)}},
		{"domain and user", Credentials{User: `DOM\tim`, Password: "s3cret"}, ntlmServer{user: "tim", domain: "DOM", flags: 0x00808201, info: []byte(info)}},
		{"realm", Credentials{User: `a\tim`, Realm: "Dom", Password: "s3cret"}, ntlmServer{user: `a\tim`, domain: "Dom", flags: 0x00808201, info: []byte(info)}},
		{"no TargetInfo", Credentials{User: "tim@dom", Password: "s3cret"}, ntlmServer{user: "tim@dom", flags: 0x00008201}},
		{"a MIC", Credentials{User: "tim", Password: "s3cret"}, ntlmServer{user: "tim", flags: 0x00888201, info: []byte(timed), mic: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := NewClient("NTLM", tt.cred)
			if err != nil {
				t.Fatal(err)
			}
			tt.server.password = "s3cret"
			negotiate, err := c.Start()
			if err != nil {
				t.Fatal(err)
			}
			challenge := tt.server.challenge()
			answer, err := c.Next(challenge)
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.server.check(negotiate, challenge, answer); err != nil {
				t.Error(err)
			}
			if err := c.Finish(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNTLMMalformed(t *testing.T) {
	t.Parallel()
	good := (&ntlmServer{flags: 0x00808201, info: []byte("\x02\x00\x02\x00D\x00\x00\x00\x00\x00")}).challenge()
	change := func(at int, bytes ...byte) string {
		b := append([]byte(nil), good...)
		copy(b[at:], bytes)
		return string(b)
	}
	for _, tt := range []struct{ challenge, want string }{
		{"", "challenge is no message of NTLM"},
		{"NTLM supported", "challenge is no message of NTLM"},
		{string(good[:31]), "challenge is no message of NTLM"},
		{change(8, 3), "challenge is a message of type 3, where 2 is due"},
		{change(20, 0), "the server does not take Unicode"},
		{change(40, 255), "TargetInfo lies outside of the challenge"},
		{change(44, 255, 255, 255, 255), "TargetInfo lies outside of the challenge"},
		{change(50, 255), "AV_PAIR 2 of TargetInfo is longer than what is there"},
		{change(48, 7), "MsvAvTimestamp has not 8 bytes"},
		{change(40, 6, 0), "TargetInfo does not end"},
	} {
		c, err := NewClient("NTLM", full)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Start()
		if err := c.Finish(); err == nil {
			t.Error("finished before the challenge")
		}
		c, _ = NewClient("NTLM", full)
		_, _ = c.Start()
		if _, err = c.Next([]byte(tt.challenge)); err == nil || err.Error() != "NTLM: "+tt.want {
			t.Errorf("%x: %v; want %s", tt.challenge, err, tt.want)
		}
		noSecret(t, err)
	}
	if _, err := NewClient("NTLM", Credentials{User: strings.Repeat("u", 40000), Password: "s3cret"}); err == nil || !strings.Contains(err.Error(), "32767") {
		t.Error(err)
	}
}
