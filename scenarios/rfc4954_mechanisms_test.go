package scenarios_test

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestMechanisms(t *testing.T) {
	suite(t, "rfc4954/mechanisms.lua", []fault{
		{id: "rfc4616-2-plain-octets", name: "a response of 512 octets", fault: tooLong(512, "500 5.5.6 Line too long\r\n")},
		{id: "rfc4616-2-plain-octets", name: "malformed", fault: tooLong(512, "501 5.5.4 Malformed\r\n")},
		{id: "rfc4616-2-plain-nul-count", name: "three", fault: plainParts(func(parts []string) []string { return parts[:min(3, len(parts))] })},
		{id: "rfc4616-2-plain-nul-count", name: "one", fault: plainParts(func(parts []string) []string {
			if len(parts) == 2 {
				return append([]string{""}, parts...)
			}
			return parts
		})},
		{id: "rfc4616-2-plain-empty-pw", name: "no password", fault: plainParts(func(parts []string) []string {
			if len(parts) == 3 && parts[2] == "" {
				parts[2] = demoPassword
			}
			return parts
		})},
		{id: "rfc4616-2-plain-empty-pw", name: "no name", fault: plainParts(func(parts []string) []string {
			if len(parts) == 3 && parts[1] == "" {
				parts[1] = "user"
			}
			return parts
		})},
		{id: "rfc4616-2-plain-authzid", name: "ignored", fault: plainParts(func(parts []string) []string {
			if len(parts) == 3 {
				parts[0] = ""
			}
			return parts
		})},
		{id: "sasl-login-flow", name: "no password", fault: replaced("AUTH", "334 UGFzc3dvcmQ6", "235 2.7.0 ")},
		{id: "sasl-login-flow", name: "asked for the name again", fault: obey(`^(AUTH LOGIN) .*`, "$1")},
		{id: "sasl-login-flow", name: "no name with the command", fault: answer(`^(AUTH LOGIN) .`, "501 5.7.0 Not here"), level: "note"},
		{id: "rfc2195-crammd5-challenge", name: "always the same", fault: challenges("<1@mx.demo.test>")},
		{id: "rfc2195-crammd5-challenge", name: "no Message-ID", fault: challenges(rand.Text())},
		{id: "rfc2195-crammd5-ok", name: "any digest", fault: replaced("AUTH", "535 5.7.8", "235 2.7.0")},
		{id: "rfc2195-crammd5-ok", name: "no digest", fault: replaced("AUTH", "235 2.7.0", "535 5.7.8")},
		{id: "rfc5802-scram-nonce", name: "as is right", right: true, fault: scramServer{}.fault()},
		{id: "rfc5802-scram-nonce", name: "not the client's", fault: scramServer{ownNonce: true}.fault()},
		{id: "rfc5802-scram-nonce", name: "the client's alone", fault: scramServer{noNonce: true}.fault()},
		{id: "rfc5802-scram-nonce", name: "not verified", fault: scramServer{anyNonce: true}.fault()},
		{id: "rfc5802-scram-iterations", name: "few", fault: scramServer{iterations: 1000}.fault()},
		{id: "rfc5802-scram-cbind", name: "not verified", fault: scramServer{anyBinding: true}.fault()},
		{id: "rfc5802-scram-cbind", name: "a downgrade", fault: mechanisms(`$`, " SCRAM-SHA-256-PLUS")},
		{id: "rfc5802-scram-unknown-user", name: "as is right", right: true, fault: scramServer{}.fault()},
		{id: "rfc5802-scram-unknown-user", name: "refused at once", fault: scramServer{refuses: true}.fault(), level: "warning"},
		{id: "rfc5802-scram-unknown-user", name: "another salt each time", fault: scramServer{randomSalt: true}.fault()},
		{id: "rfc5802-scram-serversig", name: "as is right", right: true, fault: scramServer{}.fault()},
		{id: "rfc5802-scram-serversig", name: "none", fault: scramServer{noSignature: true}.fault()},
		{id: "rfc5802-scram-serversig", name: "a wrong one", fault: scramServer{wrongSignature: true}.fault()},
		{id: "rfc7628-oauthbearer-error", name: "no JSON", fault: refusal("invalid_token")},
		{id: "rfc7628-oauthbearer-error", name: "no status", fault: refusal(`{"error":"invalid_token"}`)},
		{id: "rfc7628-oauthbearer-error", name: "let in", fault: replaced("AUTH", "535 5.7.8", "235 2.7.0")},
		{id: "rfc7628-oauthbearer-error", name: "no reason", fault: answer(`^AUTH OAUTHBEARER`, "535 5.7.8 No"), level: "note"},
	})
}

const demoPassword = "demo-password-1"

// plainParts changes what is in messages of PLAIN.
func plainParts(change func(parts []string) []string) faulty.Fault {
	edit := func(text string) string {
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return text
		}
		return base64.StdEncoding.EncodeToString([]byte(strings.Join(change(strings.Split(string(b), "\x00")), "\x00")))
	}
	f := responses(edit)
	re := regexp.MustCompile(`^(AUTH PLAIN )(.+)`)
	f.Command = func(_ *faulty.Conv, text string) (string, bool) {
		if m := re.FindStringSubmatch(text); m != nil {
			return m[1] + edit(m[2]), false
		}
		return text, false
	}
	return f
}

// challenges says another one of CRAM-MD5.
func challenges(text string) faulty.Fault {
	return otherChallenge("<", text)
}

// refusal says why a token is refused.
func refusal(text string) faulty.Fault {
	return otherChallenge("{", text)
}

// otherChallenge says another challenge in place of those that begin with a text.
func otherChallenge(prefix, text string) faulty.Fault {
	return say("AUTH", func(reply string) string {
		b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(strings.TrimPrefix(reply, "334 ")))
		if err != nil || !bytes.HasPrefix(b, []byte(prefix)) {
			return reply
		}
		return "334 " + base64.StdEncoding.EncodeToString([]byte(text)) + "\r\n"
	})
}

// scramServer is a server of SCRAM-SHA-256, right but for what is set.
type scramServer struct {
	ownNonce, noNonce, anyNonce, anyBinding, refuses, randomSalt, noSignature, wrongSignature bool
	iterations                                                                                int
}

var (
	clientFirst = regexp.MustCompile(`^([^,]*,[^,]*,)(n=([^,]*),r=(.*))$`)
	clientFinal = regexp.MustCompile(`^(c=([^,]*),r=([^,]*)),p=(.*)$`)
)

func (s scramServer) fault() faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		initial, ok := strings.CutPrefix(text, "AUTH SCRAM-SHA-256 ")
		if !ok {
			return text, false
		}
		if s.exchange(c, initial) {
			c.Say("235 2.7.0 Authentication successful\r\n")
		} else {
			c.Say("535 5.7.8 Authentication credentials invalid\r\n")
		}
		return text, true
	}}
}

func (s scramServer) exchange(c *faulty.Conv, initial string) bool {
	first := clientFirst.FindStringSubmatch(saslDecoded(initial))
	if first == nil || s.refuses && first[3] != "user" {
		return false
	}
	nonce, salt, iterations := first[4]+rand.Text(), s.salt(first[3]), cmp.Or(s.iterations, 4096)
	if s.ownNonce {
		nonce = rand.Text()
	} else if s.noNonce {
		nonce = first[4]
	}
	challenge := fmt.Sprintf("r=%s,s=%s,i=%d", nonce, base64.StdEncoding.EncodeToString(salt), iterations)
	final := clientFinal.FindStringSubmatch(saslDecoded(saslAsk(c, challenge)))
	if final == nil || !s.anyNonce && final[3] != nonce || !s.anyBinding && saslDecoded(final[2]) != first[1] {
		return false
	}
	salted, _ := pbkdf2.Key(sha256.New, demoPassword, salt, iterations, sha256.Size)
	signed := first[2] + "," + challenge + "," + final[1]
	key := hmacSHA256(salted, "Client Key")
	stored := sha256.Sum256(key)
	subtle.XORBytes(key, key, hmacSHA256(stored[:], signed))
	if saslDecoded(final[4]) != string(key) || first[3] != "user" {
		return false
	}
	return s.noSignature || s.sign(c, hmacSHA256(hmacSHA256(salted, "Server Key"), signed))
}

func (s scramServer) sign(c *faulty.Conv, signature []byte) bool {
	if s.wrongSignature {
		signature[0]++
	}
	return saslAsk(c, "v="+base64.StdEncoding.EncodeToString(signature)) == ""
}

// salt is that of a user, and always the same.
func (s scramServer) salt(user string) []byte {
	if s.randomSalt && user != "user" {
		user += rand.Text()
	}
	return hmacSHA256([]byte("a secret of the server"), user)[:16]
}

// saslAsk says a challenge and reads the response.
func saslAsk(c *faulty.Conv, challenge string) string {
	c.Say("334 " + base64.StdEncoding.EncodeToString([]byte(challenge)) + "\r\n")
	response, _ := c.Line()
	return response
}

func saslDecoded(text string) string {
	b, _ := base64.StdEncoding.DecodeString(text)
	return string(b)
}

func hmacSHA256(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}
