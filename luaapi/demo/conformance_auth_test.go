package demo

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/luaapi/sasl"
)

// conformanceInGo are the requirements of testdata/conformance.txt whose conversations have to be computed.
func conformanceInGo() map[string]func(t *testing.T, c client) {
	return map[string]func(t *testing.T, c client){
		"rfc4616-2-plain-octets":    plainOctets,
		"rfc2195-crammd5-challenge": cramChallenge,
		"rfc2195-crammd5-ok":        cramDigest,
		"rfc5802-scram-nonce":       scramNonce,
		"rfc5802-scram-cbind":       scramBinding,
		"rfc5802-scram-serversig":   scramSignature,
	}
}

func TestConformanceAuth(t *testing.T) {
	ids := conformanceIDs(t)
	for id, check := range conformanceInGo() {
		if reason, ok := ids[id]; !ok || reason != "" {
			t.Errorf("%s is not an id that is to be checked", id)
		}
		t.Run(id, func(t *testing.T) {
			srv := startServer(t, Config{})
			c := newClient(t, srv, srv.SMTPAddr())
			c.do("ehlo")
			check(t, c)
		})
	}
}

func encode(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// challenge reads a 334 and what it holds.
func (c client) challenge() string {
	c.t.Helper()
	line := c.read()
	text, ok := strings.CutPrefix(line, "334 ")
	b, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(text, "\r\n"))
	if !ok || err != nil {
		c.t.Fatalf("%q is no challenge", line)
	}
	return string(b)
}

// Names and passwords of 255 octets each are read, here to be refused.
func plainOctets(_ *testing.T, c client) {
	long := strings.Repeat("x", 255)
	c.do("> AUTH PLAIN %s\n< 535 5.7.8 *", encode("\x00"+long+"\x00"+long))
	c.do("> AUTH PLAIN\n<< \"334 \"\n> %s\n< 535 5.7.8 *", encode(long+"\x00"+long+"\x00"+long))
}

func cramChallenge(t *testing.T, c client) {
	seen := make(map[string]bool)
	for range 5 {
		c.do("> AUTH CRAM-MD5")
		challenge := c.challenge()
		if seen[challenge] || !regexp.MustCompile(`^<[^<>@ ]+@[^<>@ ]+>$`).MatchString(challenge) {
			t.Errorf("challenge %q", challenge)
		}
		seen[challenge] = true
		c.do("> *\n< 501 5.7.0 *")
	}
}

func cramDigest(_ *testing.T, c client) {
	for _, bad := range []string{"user 00000000000000000000000000000000", "user", "", "user 0", "user2 x"} {
		c.do("> AUTH CRAM-MD5\n<* 334 *\n> %s\n<* 5*", encode(bad))
	}
	authenticate(c, "CRAM-MD5", sasl.Credentials{User: firstUser, Password: firstPassword})
}

// scram sends a client-first-message behind its header and gives the server's.
func (c client) scram(header string) string {
	c.t.Helper()
	c.do("> AUTH SCRAM-SHA-256 %s", encode(header+scramBare))
	return c.challenge()
}

const scramBare = "n=user,r=abcdef"

// scramFinal is a client-final-message whose proof fits to whatever it says.
func scramFinal(t *testing.T, serverFirst, withoutProof string) string {
	t.Helper()
	m := regexp.MustCompile(`,s=(.*),i=(\d+)$`).FindStringSubmatch(serverFirst)
	if m == nil {
		t.Fatalf("server-first-message %q", serverFirst)
	}
	salt, _ := base64.StdEncoding.DecodeString(m[1])
	iterations, _ := strconv.Atoi(m[2])
	salted, err := pbkdf2.Key(sha256.New, firstPassword, salt, iterations, sha256.Size)
	if err != nil {
		t.Fatal(err)
	}
	key := mac(salted, "Client Key")
	stored := sha256.Sum256(key)
	subtle.XORBytes(key, key, mac(stored[:], scramBare+","+serverFirst+","+withoutProof))
	return withoutProof + ",p=" + encode(string(key))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// The server's nonce is the client's and more; another one is refused, although the proof fits.
func scramNonce(t *testing.T, c client) {
	seen := make(map[string]bool)
	for _, tampered := range []string{"abcdef", "x", ""} {
		first := c.scram("n,,")
		nonce, _, _ := strings.Cut(strings.TrimPrefix(first, "r="), ",")
		if !strings.HasPrefix(nonce, "abcdef") || len(nonce) < 16 || seen[nonce] {
			t.Errorf("nonce %q", nonce)
		}
		seen[nonce] = true
		if tampered != "abcdef" {
			tampered = nonce + tampered + "y"
		}
		c.do("> %s\n< 535 5.7.8 *", encode(scramFinal(t, first, "c=biws,r="+tampered)))
	}
}

// A "c=" that is not the header of the first message is refused, although the proof fits; so is "y" where the PLUS form
// is offered.
func scramBinding(t *testing.T, c client) {
	for _, header := range []string{"y,,", "n,a=user,", "p=tls-exporter,,", "n,,x"} {
		first := c.scram("n,,")
		nonce, _, _ := strings.Cut(strings.TrimPrefix(first, "r="), ",")
		c.do("> %s\n< 535 5.7.8 *", encode(scramFinal(t, first, "c="+encode(header)+",r="+nonce)))
	}
	first := c.scram("n,,")
	nonce, _, _ := strings.Cut(strings.TrimPrefix(first, "r="), ",")
	c.do("> %s\n< 334 *\n>\n< 235 2.7.0 *", encode(scramFinal(t, first, "c=biws,r="+nonce))) // as it should be
	c.do("> STARTTLS\n< 220 2.0.0 *\ntls\nehlo\n> AUTH SCRAM-SHA-256 %s\n< 535 5.7.8 *", encode("y,,"+scramBare))
}

// The client's half checks the server's signature, and must have seen it.
func scramSignature(_ *testing.T, c client) {
	authenticate(c, "SCRAM-SHA-256", sasl.Credentials{User: firstUser, Password: firstPassword})
}
