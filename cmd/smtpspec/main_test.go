package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/smtpspec/smtpspec/luaapi"
)

func TestMain(m *testing.M) {
	luaapi.SetProcessLimits()
	testscript.Main(m, map[string]func(){"smtpspec": main})
}

// TestScripts runs the program as a shell does: testdata/script holds the commands and what must come out.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("SMTPSPEC_TARGET", "")
			return nil
		},
		RequireExplicitExec: true,
		Cmds:                scriptCommands(),
	})
}

// certificateOf makes a certificate for localhost that is good until a time.
func certificateOf(t *testing.T, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: until.Add(-24 * time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, x, x, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
