package luaapi

import (
	"fmt"
	"math/rand/v2"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	lua "github.com/yuin/gopher-lua"
)

// randomModule is random: what it gives depends on --seed, the scenario and the attempt alone.
func randomModule() *bind.Module {
	return &bind.Module{
		Name: "random",
		Doc:  "Random values, the same in every run with the same --seed.",
		Funcs: []*bind.Func{
			bind.Fn("string(length: integer, alphabet?: string): string", randomly(randomString), "Gives text of lower-case letters and digits, or of the bytes of alphabet."),
			bind.Fn("bytes(length: integer): string", randomly(randomBytes), "Gives bytes of any value."),
			bind.Fn("integer(low: integer, high?: integer): integer", randomly(randomInteger), "Gives a whole number from low to high, both included; with one argument, from 1 to it."),
			bind.Fn("uuid(): string", randomly(randomUUID), "Gives a random UUID (RFC 9562 5.4)."),
		},
	}
}

// random is the scenario's own source.
func (a *attempt) random() *rand.Rand {
	if a.rand == nil {
		a.rand = rand.New(rand.NewPCG(0, 0)) // while collecting, which refuses to be asked
	}
	return a.rand
}

func randomly(f func(c *bind.Call, r *rand.Rand) error) func(*bind.Call) error {
	return func(c *bind.Call) error {
		a := attemptOf(c.L)
		if err := a.live("random." + c.F.Name); err != nil {
			return err
		}
		return f(c, a.random())
	}
}

func randomLength(c *bind.Call) (int, error) {
	n := c.Int(0)
	if n < 0 || n > maxString {
		return 0, fmt.Errorf("random.%s: a length from 0 to %d expected, got %d", c.F.Name, maxString, n)
	}
	return n, nil
}

func randomString(c *bind.Call, r *rand.Rand) error {
	alphabet := "abcdefghijklmnopqrstuvwxyz0123456789"
	if c.Has(1) {
		alphabet = c.String(1)
	}
	n, err := randomLength(c)
	if err != nil {
		return err
	}
	if alphabet == "" {
		return fmt.Errorf("random.string: the alphabet is empty")
	}
	defer room(c.L, "random.string", n)()
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return c.Push(lua.LString(b))
}

func randomBytes(c *bind.Call, r *rand.Rand) error {
	n, err := randomLength(c)
	if err != nil {
		return err
	}
	defer room(c.L, "random.bytes", n)()
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return c.Push(lua.LString(b))
}

func randomInteger(c *bind.Call, r *rand.Rand) error {
	low, high := c.Int(0), c.Int(1)
	if !c.Has(1) {
		low, high = 1, c.Int(0)
	}
	if low > high {
		return fmt.Errorf("random.integer: low is above high: %d and %d", low, high)
	}
	return c.Push(lua.LNumber(low + int(r.Int64N(int64(high)-int64(low)+1))))
}

func randomUUID(c *bind.Call, r *rand.Rand) error {
	hi := r.Uint64()&^0xf000 | 0x4000
	lo := r.Uint64()&^(3<<62) | 2<<62
	return c.Push(lua.LString(fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&0xffffffffffff)))
}
