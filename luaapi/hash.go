package luaapi

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/spell"
	lua "github.com/yuin/gopher-lua"
)

// hashModule is hash. Results are raw bytes; codec.hex shows them.
func hashModule() *bind.Module {
	return &bind.Module{
		Name: "hash",
		Doc:  "Hashes. Results are raw bytes: codec.hex.encode shows them.",
		Funcs: []*bind.Func{
			bind.Fn("md5(bytes: string): string", digest("md5"), "Gives the MD5 of bytes (RFC 1321), 16 bytes."),
			bind.Fn("sha1(bytes: string): string", digest("sha1"), "Gives the SHA-1 of bytes, 20 bytes."),
			bind.Fn("sha256(bytes: string): string", digest("sha256"), "Gives the SHA-256 of bytes, 32 bytes."),
			bind.Fn("sha512(bytes: string): string", digest("sha512"), "Gives the SHA-512 of bytes, 64 bytes."),
			bind.Fn("hmac(algorithm: string, key: string, bytes: string): string", hmacOf, "Gives the HMAC of bytes (RFC 2104)."),
			bind.Fn("pbkdf2(algorithm: string, password: string, salt: string, iterations: integer, length?: integer): string", pbkdf2Of, "Derives a key from a password by PBKDF2 (RFC 8018 5.2), as SCRAM does."),
			bind.Fn("xor(a: string, b: string): string", xorOf, "Combines the bytes of two texts of the same length by exclusive or."),
		},
	}
}

func algorithm(name string) (func() hash.Hash, error) {
	switch strings.ReplaceAll(strings.ToLower(name), "-", "") {
	case "md5":
		return md5.New, nil
	case "sha1":
		return sha1.New, nil
	case "sha256":
		return sha256.New, nil
	case "sha512":
		return sha512.New, nil
	}
	all := []string{"md5", "sha1", "sha256", "sha512"}
	return nil, fmt.Errorf("unknown hash %q%s; there are %s", name, spell.Hint(name, all), strings.Join(all, ", "))
}

func digest(name string) func(*bind.Call) error {
	return func(c *bind.Call) error {
		h, err := algorithm(name)
		if err != nil {
			return err
		}
		d := h()
		d.Write([]byte(c.String(0)))
		return c.Push(lua.LString(d.Sum(nil)))
	}
}

func hmacOf(c *bind.Call) error {
	h, err := algorithm(c.String(0))
	if err != nil {
		return fmt.Errorf("hash.hmac: %w", err)
	}
	m := hmac.New(h, []byte(c.String(1)))
	m.Write([]byte(c.String(2)))
	return c.Push(lua.LString(m.Sum(nil)))
}

// maxIterations bounds the work of pbkdf2, which cannot be interrupted, to a second or two. Each block of its result takes all iterations.
const maxIterations = 2_000_000

func pbkdf2Of(c *bind.Call) error {
	h, err := algorithm(c.String(0))
	if err != nil {
		return fmt.Errorf("hash.pbkdf2: %w", err)
	}
	n, length := c.Int(3), h().Size()
	if c.Has(4) {
		length = c.Int(4)
	}
	if length < 1 || length > 1024 {
		return fmt.Errorf("hash.pbkdf2: a length from 1 to 1024 expected, got %d", length)
	}
	if most := maxIterations / ((length + h().Size() - 1) / h().Size()); n < 1 || n > most {
		return fmt.Errorf("hash.pbkdf2: iterations from 1 to %d expected for %d bytes, got %d", most, length, n)
	}
	key, err := pbkdf2.Key(h, c.String(1), []byte(c.String(2)), n, length)
	if err != nil {
		return fmt.Errorf("hash.pbkdf2: %w", err)
	}
	return c.Push(lua.LString(key))
}

func xorOf(c *bind.Call) error {
	a, b := c.String(0), c.String(1)
	if len(a) != len(b) {
		return fmt.Errorf("hash.xor: texts of the same length expected, got %d and %d bytes", len(a), len(b))
	}
	out := []byte(a)
	for i := range out {
		out[i] ^= b[i]
	}
	return c.Push(lua.LString(out))
}
