package sasl

import (
	"errors"
	"fmt"
	"testing"

	"github.com/xdg-go/scram"
)

// The cases that our SCRAM and that of xdg-go have to agree on.
type oracleCase struct {
	user, password, authzID string
	binding                 string // the type that both are to use
	wrong                   bool   // the client's password
}

func oracleCases() []oracleCase {
	return []oracleCase{
		{user: "tim", password: "s3cret"},
		{user: "tim", password: "s3cret", wrong: true},
		{user: "a=b,c", password: ",=,"},
		{user: "tim", password: "s3cret", authzID: "tim"},
		{user: "t,m", password: "s3cret", authzID: "t,m"},
		{user: "tim", password: "s3cret", binding: "tls-exporter"},
		{user: "tim", password: "s3cret", binding: "tls-server-end-point"},
		{user: "tim", password: "s3cret", binding: "tls-unique", authzID: "tim"},
		{user: "tim", password: "s3cret", binding: "tls-exporter", wrong: true},
	}
}

func (c oracleCase) clientPassword() string {
	if c.wrong {
		return "wr0ng"
	}
	return c.password
}

func (c oracleCase) bindings() []Binding {
	if c.binding == "" {
		return nil
	}
	return []Binding{{c.binding, []byte("channel data")}}
}

func (c oracleCase) channelBinding() scram.ChannelBinding {
	return scram.ChannelBinding{Type: scram.ChannelBindingType(c.binding), Data: []byte("channel data")}
}

// forEachOracleCase runs a test for either hash; mechanism is the one that the case asks for.
func forEachOracleCase(t *testing.T, f func(t *testing.T, mechanism string, h scram.HashGeneratorFcn, c oracleCase)) {
	for name, h := range map[string]scram.HashGeneratorFcn{"SCRAM-SHA-1": scram.SHA1, "SCRAM-SHA-256": scram.SHA256} {
		for _, c := range oracleCases() {
			mechanism := name
			if c.binding != "" {
				mechanism += "-PLUS"
			}
			t.Run(fmt.Sprintf("%s %+v", mechanism, c), func(t *testing.T) { f(t, mechanism, h, c) })
		}
	}
}

func TestClientAgainstOracle(t *testing.T) {
	forEachOracleCase(t, func(t *testing.T, mechanism string, h scram.HashGeneratorFcn, oc oracleCase) {
		server, err := h.NewServer(func(string) (scram.StoredCredentials, error) {
			client, err := h.NewClient(oc.user, oc.password, "")
			if err != nil {
				return scram.StoredCredentials{}, err
			}
			return client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: "salt of the oracle", Iters: 5000})
		})
		if err != nil {
			t.Fatal(err)
		}
		conv := server.NewConversation()
		if oc.binding != "" {
			conv = server.NewConversationWithChannelBindingRequired(oc.channelBinding())
		}
		c, err := NewClient(mechanism, Credentials{
			User: oc.user, Password: oc.clientPassword(), AuthzID: oc.authzID, Bindings: oc.bindings(),
		})
		if err != nil {
			t.Fatal(err)
		}
		response, err := c.Start()
		for err == nil && !conv.Done() {
			challenge, serverErr := conv.Step(string(response))
			if (serverErr != nil) != (oc.wrong && conv.Done()) {
				t.Fatalf("the oracle says: %v", serverErr)
			}
			response, err = c.Next([]byte(challenge))
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Finish(); errors.Is(err, ErrRefused) != oc.wrong || conv.Valid() == oc.wrong || (err == nil) == oc.wrong {
			t.Errorf("finish: %v, the oracle says %v", err, conv.Valid())
		}
		if conv.Username() != oc.user || conv.AuthzID() != oc.authzID {
			t.Errorf("the oracle has seen the user %q, authzid %q", conv.Username(), conv.AuthzID())
		}
	})
}

func TestServerAgainstOracle(t *testing.T) {
	forEachOracleCase(t, func(t *testing.T, mechanism string, h scram.HashGeneratorFcn, oc oracleCase) {
		client, err := h.NewClient(oc.user, oc.clientPassword(), oc.authzID)
		if err != nil {
			t.Fatal(err)
		}
		conv := client.NewConversation()
		if oc.binding != "" {
			conv = client.NewConversationWithChannelBinding(oc.channelBinding())
		}
		s, err := NewServer(mechanism, func(user string) (string, bool) { return oc.password, user == oc.user }, oc.bindings())
		if err != nil {
			t.Fatal(err)
		}
		var challenge []byte
		for done := false; !done; {
			response, clientErr := conv.Step(string(challenge))
			if clientErr != nil {
				t.Fatalf("the oracle says: %v", clientErr)
			}
			if challenge, done, err = s.Next([]byte(response)); err != nil {
				break
			}
		}
		if errors.Is(err, ErrCredentials) != oc.wrong || (err == nil) == oc.wrong || conv.Valid() == oc.wrong {
			t.Errorf("%v, the oracle says %v", err, conv.Valid())
		}
		if !oc.wrong && s.Identity() != oc.user {
			t.Errorf("identity %q", s.Identity())
		}
	})
}

// TestDowngradeAgainstOracle has a client that could bind the channel meet a server that offers it (RFC 5802 6).
func TestDowngradeAgainstOracle(t *testing.T) {
	oc := oracleCase{user: "tim", password: "s3cret", binding: "tls-exporter"}
	client, err := scram.SHA256.NewClient(oc.user, oc.password, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, offers := range []bool{false, true} {
		var bindings []Binding
		if offers {
			bindings = oc.bindings()
		}
		s, _ := NewServer("SCRAM-SHA-256", lookupTim, bindings)
		first, _ := client.NewConversationAdvertisingChannelBinding().Step("")
		if _, _, err := s.Next([]byte(first)); errors.Is(err, ErrCredentials) != offers || (err != nil) != offers {
			t.Errorf("offers PLUS: %v: %v", offers, err)
		}
		// Our own client says the same.
		c, _ := NewClient("SCRAM-SHA-256", full)
		ir, _ := c.Start()
		s, _ = NewServer("SCRAM-SHA-256", lookupTim, bindings)
		if _, _, err := s.Next(ir); ir[0] != 'y' || (err != nil) != offers {
			t.Errorf("offers PLUS: %v: %q: %v", offers, ir, err)
		}
	}
	// A client that cannot bind is let in by either.
	cred := full
	cred.Bindings = nil
	c, s := newPair(t, "SCRAM-SHA-256", cred, oc.bindings())
	if cerr, serr := converse(t, c, s, false); cerr != nil || serr != nil {
		t.Errorf("client: %v, server: %v", cerr, serr)
	}
}
