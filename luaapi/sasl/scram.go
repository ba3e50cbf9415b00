package sasl

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/subtle"
	"encoding/base64"
	"hash"
)

const (
	// maxIterations keeps a hostile server from holding the client: this many take seconds. RFC 7677 4 has 4096 as the
	// least a server should ask for; fewer are taken, because what a server asks for is its own affair.
	maxIterations = 10_000_000

	// serverIterations is what our server asks for.
	serverIterations = 4096
)

// scramHash is one family of SCRAM mechanisms (RFC 5802 4).
type scramHash struct {
	name string // of the mechanism without PLUS
	new  func() hash.Hash
}

// scramKeys are what follows from a password, a salt and a number of iterations (RFC 5802 3).
type scramKeys struct {
	client, stored, server []byte
}

func (h scramHash) keys(password string, salt []byte, iterations int) (scramKeys, error) {
	salted, err := pbkdf2.Key(h.new, password, salt, iterations, h.new().Size())
	if err != nil {
		return scramKeys{}, err
	}
	k := scramKeys{client: h.mac(salted, "Client Key"), server: h.mac(salted, "Server Key")}
	k.stored = h.sum(k.client)
	return k, nil
}

// proof is ClientKey XOR HMAC(StoredKey, AuthMessage).
func (h scramHash) proof(k scramKeys, authMessage string) []byte {
	proof := h.mac(k.stored, authMessage)
	subtle.XORBytes(proof, proof, k.client)
	return proof
}

// proves takes the ClientKey out of a proof and holds its hash against StoredKey.
func (h scramHash) proves(proof []byte, k scramKeys, authMessage string) bool {
	key := h.mac(k.stored, authMessage)
	if len(proof) != len(key) {
		return false
	}
	subtle.XORBytes(key, key, proof)
	return hmac.Equal(h.sum(key), k.stored)
}

func (h scramHash) signature(k scramKeys, authMessage string) []byte {
	return h.mac(k.server, authMessage)
}

func (h scramHash) mac(key []byte, message string) []byte {
	m := hmac.New(h.new, key)
	m.Write([]byte(message))
	return m.Sum(nil)
}

func (h scramHash) sum(data []byte) []byte {
	d := h.new()
	d.Write(data)
	return d.Sum(nil)
}

// withoutProof is the client-final-message but for its proof: the gs2 header with the channel binding data, and the
// nonces of both sides.
func withoutProof(header gs2Header, binding []byte, nonce string) string {
	return "c=" + encode64(append([]byte(header.String()), binding...)) + ",r=" + nonce
}

func encode64(data []byte) string {
	return base64.StdEncoding.EncodeToString(data)
}
