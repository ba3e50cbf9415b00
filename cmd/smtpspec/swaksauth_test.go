package main

import (
	"bytes"
	"crypto/des"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"regexp"
	"slices"
	"strings"
)

// swaksPassword is what every mechanism takes.
const swaksPassword = "secret"

// authenticate does an exchange. What is random or of another design in it is kept as decoded, and checked.
func (s *swaksSession) authenticate(arg string) string {
	if say := s.answer("AUTH", ""); say != "\r\n" {
		return say
	}
	mechanism, initial, _ := strings.Cut(arg, " ")
	ok := false
	ask := func(challenge string, show func(string) string) string {
		io.WriteString(s.conn, "334 "+base64.StdEncoding.EncodeToString([]byte(challenge))+"\r\n")
		line, _ := s.line(show)
		b, _ := base64.StdEncoding.DecodeString(line)
		return string(b)
	}
	switch mechanism {
	case "PLAIN", "X-PLAIN":
		b, _ := base64.StdEncoding.DecodeString(initial)
		ok = bytes.HasSuffix(b, []byte("\x00user\x00"+swaksPassword))
	case "LOGIN":
		ok = ask("Username:", same) == "user"
		ok = ask("Password:", same) == swaksPassword && ok
	case "CRAM-MD5", "CRAM-SHA1":
		ok = ask("<1.2@mx.example.org>", same) == cramAnswer(mechanism)
	case "DIGEST-MD5":
		d := digestAnswer{}
		ask(digestChallenge, d.show)
		ok = d.right
		if ok {
			ask("rspauth="+d.rspauth, same)
		}
	case "NTLM":
		if initial == "" {
			ask("", func(string) string { return "<NTLM negotiate>" })
		}
		n := ntlmAnswer{}
		ask(ntlmChallenge, n.show)
		ok = n.right
	default:
		return "504 what\r\n"
	}
	if !ok {
		return "535 no\r\n"
	}
	return "235 welcome\r\n"
}

// What the recording server knows of the mechanisms whose answers depend on the challenge. It is written from the specifications and
// not with luaapi/sasl, which is under test.

func hmacOf(h func() hash.Hash, key []byte, parts ...[]byte) []byte {
	m := hmac.New(h, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// cramAnswer is RFC 2195's, to the server's only challenge.
func cramAnswer(mechanism string) string {
	h := md5.New
	if mechanism == "CRAM-SHA1" {
		h = sha1.New
	}
	return fmt.Sprintf("user %x", hmacOf(h, []byte(swaksPassword), []byte("<1.2@mx.example.org>")))
}

const digestChallenge = `realm="example.org",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8`

// digestAnswer is what is to be known of an answer in DIGEST-MD5 (RFC 2831 2.1.2).
type digestAnswer struct {
	right   bool
	rspauth string
}

var digestField = regexp.MustCompile(`([a-z-]+)=(?:"([^"]*)"|([^,"]+))(?:,\s*|$)`)

// show gives the fields in their order by name, with one word for the client's nonce, and says of the response whether it is right.
func (d *digestAnswer) show(line string) string {
	b, _ := base64.StdEncoding.DecodeString(strings.TrimSuffix(line, `\r\n`))
	f := map[string]string{}
	for _, m := range digestField.FindAllStringSubmatch(string(b), -1) {
		f[m[1]] = m[2] + m[3]
	}
	digest := func(text string) string { return fmt.Sprintf("%x", md5.Sum([]byte(text))) }
	inner := md5.Sum([]byte(f["username"] + ":" + f["realm"] + ":" + swaksPassword))
	a1 := digest(string(inner[:]) + ":" + f["nonce"] + ":" + f["cnonce"])
	response := func(a2 string) string {
		return digest(strings.Join([]string{a1, f["nonce"], f["nc"], f["cnonce"], f["qop"], digest(a2)}, ":"))
	}
	d.right = f["response"] == response("AUTHENTICATE:"+f["digest-uri"]) && f["cnonce"] != ""
	d.rspauth = response(":" + f["digest-uri"])
	f["response"], f["cnonce"] = fmt.Sprint(d.right), "…"
	var words []string
	for name, value := range f {
		words = append(words, name+"="+value)
	}
	slices.Sort(words)
	return "<DIGEST-MD5 " + strings.Join(words, " ") + ">"
}

const (
	ntlmNonce = "\x01\x23\x45\x67\x89\xab\xcd\xef"
	// ntlmHash is MD4 of the password in UTF-16.
	ntlmHash = "878d8014606cda29677a44efa1353fc7"
)

// ntlmChallenge is a CHALLENGE_MESSAGE (MS-NLMP 2.2.1.2): Unicode, NTLM, with target information that is empty.
var ntlmChallenge = "NTLMSSP\x00\x02\x00\x00\x00" + strings.Repeat("\x00", 4) + "\x30\x00\x00\x00" + "\x01\x02\x80\x00" + ntlmNonce +
	strings.Repeat("\x00", 8) + "\x04\x00\x04\x00\x30\x00\x00\x00" + "\x00\x00\x00\x00"

// ntlmAnswer is what is to be known of an AUTHENTICATE_MESSAGE (MS-NLMP 2.2.1.3).
type ntlmAnswer struct{ right bool }

// show gives the fields, and says which version's response it is, and whether it is right.
func (n *ntlmAnswer) show(line string) string {
	b, _ := base64.StdEncoding.DecodeString(strings.TrimSuffix(line, `\r\n`))
	field := func(at int) []byte {
		if len(b) < at+8 {
			return nil
		}
		size, from := int(binary.LittleEndian.Uint16(b[at:])), int(binary.LittleEndian.Uint32(b[at+4:]))
		if from+size > len(b) {
			return nil
		}
		return b[from : from+size]
	}
	narrow := func(b []byte) string { return strings.ReplaceAll(string(b), "\x00", "") }
	key, _ := hex.DecodeString(ntlmHash)
	domain, user, nt := narrow(field(28)), narrow(field(36)), field(20)
	version := 1
	if len(nt) > 24 {
		version = 2
		k := hmacOf(md5.New, key, wide(strings.ToUpper(user)+domain))
		n.right = string(nt[:16]) == string(hmacOf(md5.New, k, []byte(ntlmNonce), nt[16:]))
	} else {
		n.right = string(nt) == string(ntlm1(key))
	}
	return fmt.Sprintf("<NTLM version %d domain=%s user=%s workstation=%s response=%v>", version, domain, user, narrow(field(44)), n.right)
}

func wide(text string) (b []byte) {
	for i := range len(text) {
		b = append(b, text[i], 0)
	}
	return b
}

// ntlm1 is DESL of MS-NLMP 6: the nonce, encrypted with three parts of the key.
func ntlm1(key []byte) (out []byte) {
	key = append(slices.Clone(key), make([]byte, 5)...)
	for i := 0; i < 21; i += 7 {
		var k uint64
		for _, b := range key[i : i+7] {
			k = k<<8 | uint64(b)
		}
		spread := make([]byte, 8)
		for j := range spread {
			spread[j] = byte(k>>(49-7*j)) << 1
		}
		c, err := des.NewCipher(spread)
		if err != nil {
			panic(err)
		}
		block := make([]byte, 8)
		c.Encrypt(block, []byte(ntlmNonce))
		out = append(out, block...)
	}
	return out
}
