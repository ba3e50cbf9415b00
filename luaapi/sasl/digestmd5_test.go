package sasl

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// RFC 2831 4, both examples.
func TestDigestMD5Vectors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ service, nonce, cnonce, charset, response, rspauth string }{
		{"imap", "OA6MG9tEQGm2hh", "OA6MHXh6VqTrRk", ",charset=utf-8", "d388dad90d4bbd760a152321f2143af7", "ea40f60335c427b5527b84dbabcdfffd"},
		{"acap", "OA9BSXrbuRhWay", "OA9BSuZWMSpW8m", ",charset=utf-8", "6084c6db3fede7352c551284490fd0fc", "2f0b3d7c3c2e486600ef710726aa2eae"},
	} {
		c, err := NewClient("DIGEST-MD5", Credentials{User: "chris", Password: "secret", Host: "elwood.innosoft.com", Service: tt.service})
		if err != nil {
			t.Fatal(err)
		}
		c.(*digestMD5Client).cnonce = tt.cnonce
		play(t, c, []turn{{"", ""},
			{`realm="elwood.innosoft.com",nonce="` + tt.nonce + `",qop="auth",algorithm=md5-sess` + tt.charset,
				`charset=utf-8,username="chris",realm="elwood.innosoft.com",nonce="` + tt.nonce + `",nc=00000001,cnonce="` + tt.cnonce +
					`",digest-uri="` + tt.service + `/elwood.innosoft.com",response=` + tt.response + `,qop=auth`},
			{"rspauth=" + tt.rspauth, ""}})
	}
}

// digestServer is a server of the test that looks at every directive. It keeps its secrets as RFC 2831 3.9 lets servers: H(user:realm:password).
type digestServer struct {
	realm, nonce, uri string
	secret            [16]byte
	authzID           string
}

var directiveRE = regexp.MustCompile(`^([a-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^",]+))(?:,|$)`)

func (s *digestServer) check(response string) (rspauth string, err error) {
	got := map[string]string{}
	for rest := response; rest != ""; {
		m := directiveRE.FindStringSubmatch(rest)
		if m == nil {
			return "", fmt.Errorf("%q is no list of directives", rest)
		}
		if _, twice := got[m[1]]; twice {
			return "", fmt.Errorf("%s is there twice", m[1])
		}
		got[m[1]] = regexp.MustCompile(`\\(.)`).ReplaceAllString(m[2], "$1") + m[3]
		rest = rest[len(m[0]):]
	}
	for name, want := range map[string]string{"realm": s.realm, "nonce": s.nonce, "nc": "00000001", "qop": "auth", "digest-uri": s.uri, "authzid": s.authzID} {
		if got[name] != want {
			return "", fmt.Errorf("%s is %q, not %q", name, got[name], want)
		}
	}
	sum := func(s string) string { b := md5.Sum([]byte(s)); return hex.EncodeToString(b[:]) }
	a1 := string(s.secret[:]) + ":" + s.nonce + ":" + got["cnonce"]
	if s.authzID != "" {
		a1 += ":" + s.authzID
	}
	answer := func(a2 string) string {
		return sum(sum(a1) + ":" + s.nonce + ":00000001:" + got["cnonce"] + ":auth:" + sum(a2))
	}
	if got["response"] != answer("AUTHENTICATE:"+s.uri) || len(got["cnonce"]) < 16 {
		return "", fmt.Errorf("response %s, cnonce %s", got["response"], got["cnonce"])
	}
	return "rspauth=" + answer(":"+s.uri), nil
}

func TestDigestMD5(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, challenge string
		cred            Credentials
		realm, secret   string // secret is as it goes into the hash
	}{
		{"plain", `realm="r",nonce="n",algorithm=md5-sess`, Credentials{User: "tim", Password: "s3cret"}, "r", "tim:r:s3cret"},
		{"blanks, upper case, unknown parts", ` NONCE = "n" ,, algorithm=MD5-SESS, x-new="a\"b,c", realm="r" , charset=UTF-8,`, Credentials{User: "tim", Password: "s3cret"}, "r", "tim:r:s3cret"},
		{"no realm", `nonce="n",algorithm=md5-sess,qop="auth-int, AUTH"`, Credentials{User: "tim", Password: "s3cret"}, "", "tim::s3cret"},
		{"the first realm", `realm="a",nonce="n",realm="b",algorithm=md5-sess`, Credentials{User: "tim", Password: "s3cret"}, "a", "tim:a:s3cret"},
		{"a realm of our own", `realm="a",nonce="n",realm="b",algorithm=md5-sess`, Credentials{User: "tim", Password: "s3cret", Realm: "other"}, "other", "tim:other:s3cret"},
		{"quotes", `realm="a\"b\\c",nonce="n",algorithm=md5-sess`, Credentials{User: `t"i\m`, Password: "s3cret"}, `a"b\c`, `t"i\m:a"b\c:s3cret`},
		{"authzid", `realm="r",nonce="n",algorithm=md5-sess`, Credentials{User: "tim", Password: "s3cret", AuthzID: "root"}, "r", "tim:r:s3cret"},
		{"in ISO 8859-1 all the same", `realm="r",nonce="n",algorithm=md5-sess,charset=utf-8`, Credentials{User: "Jürgen", Password: "ß"}, "r", "J\xfcrgen:r:\xdf"},
		{"in ISO 8859-1 alone", `realm="r",nonce="n",algorithm=md5-sess`, Credentials{User: "Jürgen", Password: "ß"}, "r", "J\xfcrgen:r:\xdf"},
		{"beyond ISO 8859-1", `realm="r",nonce="n",algorithm=md5-sess,charset=utf-8`, Credentials{User: "Jürgen", Password: "€"}, "r", "J\xfcrgen:r:€"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.cred.Host = "mx.example"
			c, err := NewClient("digest-md5", tt.cred)
			if err != nil {
				t.Fatal(err)
			}
			s := digestServer{realm: tt.realm, nonce: "n", uri: "smtp/mx.example", secret: md5.Sum([]byte(tt.secret)), authzID: tt.cred.AuthzID}
			if ir, err := c.Start(); ir != nil || err != nil {
				t.Fatal(ir, err)
			}
			response, err := c.Next([]byte(tt.challenge))
			if err != nil {
				t.Fatal(err)
			}
			if hasUTF8 := strings.HasPrefix(string(response), "charset=utf-8,"); hasUTF8 != strings.Contains(strings.ToLower(tt.challenge), "charset") {
				t.Errorf("%s", response)
			}
			rspauth, err := s.check(strings.TrimPrefix(string(response), "charset=utf-8,"))
			if err != nil {
				t.Fatal(err)
			}
			if answer, err := c.Next([]byte(rspauth)); answer == nil || len(answer) > 0 || err != nil {
				t.Error(answer, err)
			}
			if err := c.Finish(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDigestMD5Malformed(t *testing.T) {
	t.Parallel()
	const good = `realm="r",nonce="n",algorithm=md5-sess`
	for _, tt := range []struct{ challenge, rspauth, want string }{
		{``, "", "there is no nonce"},
		{`realm="r",algorithm=md5-sess`, "", "there is no nonce"},
		{`nonce="n"`, "", "there is no algorithm"},
		{`nonce="n",algorithm=md5`, "", `algorithm "md5" is not md5-sess`},
		{good + `,nonce="m"`, "", "nonce is there twice"},
		{good + `,charset=utf-8,charset=utf-8`, "", "charset is there twice"},
		{good + `,charset=latin1`, "", `charset "latin1" is not utf-8`},
		{good + `,qop="auth-int,auth-conf"`, "", "does not have auth"},
		{good + `,x`, "", "part 4 is no name with a value"},
		{good + `,"x"=y`, "", "part 4 is no name with a value"},
		{good + `,x=`, "", "part 4: there is no value"},
		{good + `,x="a`, "", "part 4: the quotes are not closed"},
		{good + `,x="a\`, "", "part 4: the quotes are not closed"},
		{good + `,x="a"b`, "", "part 4 does not end with its value"},
		{good + `,x="` + strings.Repeat("a", 4096) + `"`, "", "it has 4139 octets, more than 4096"},
		{good, "", "there is no rspauth"},
		{good, "rspauth", "response-auth: part 1 is no name"},
		{good, "rspauth=00000000000000000000000000000000", "rspauth is wrong: the server does not know the password"},
		{good, "never", "without proving that it knows the password"},
	} {
		c, err := NewClient("DIGEST-MD5", full)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Start()
		_, err = c.Next([]byte(tt.challenge))
		if err == nil && tt.rspauth != "never" {
			_, err = c.Next([]byte(tt.rspauth))
		}
		if err == nil {
			err = c.Finish()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "DIGEST-MD5: ") {
			t.Errorf("%.60q: %v; want %s", tt.challenge, err, tt.want)
		}
		noSecret(t, err)
	}
	c, _ := NewClient("DIGEST-MD5", Credentials{User: "€", Password: "s3cret"})
	_, _ = c.Start()
	if _, err := c.Next([]byte(good)); err == nil || !strings.Contains(err.Error(), "not in ISO 8859-1") {
		t.Error(err)
	}
}
