package luaapi

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// chunks are what is left of a message that goes out by BDAT.
type chunks struct {
	rest  string
	size  int   // of each chunk; 0 for what sizes says
	sizes []int // of the first ones
	done  bool  // the last one is out
}

// chunksOf reads the option chunking: nil for none.
func chunksOf(v lua.LValue, message string) (*chunks, error) {
	k := &chunks{rest: lineEnds(message)}
	switch v := v.(type) {
	case lua.LBool:
		if v {
			return k, nil
		}
	case lua.LNumber:
		if k.size = int(v); k.size < 1 {
			return nil, fmt.Errorf("1 octet a chunk at least, got %d", k.size)
		}
		return k, nil
	case *lua.LTable:
		left := len(k.rest)
		for i := 1; i <= v.Len(); i++ {
			n := int(lua.LVAsNumber(v.RawGetInt(i)))
			if n < 0 {
				return nil, fmt.Errorf("item %d: a number of octets expected, got %d", i, n)
			}
			if left -= n; left < 0 {
				return nil, fmt.Errorf("item %d: the chunks have more than the %d octets that the message has with its line ends", i, len(k.rest))
			}
			k.sizes = append(k.sizes, n)
		}
		return k, nil
	}
	return nil, nil
}

// next is the next chunk with its command: the last one where it takes all that is left.
func (k *chunks) next() string {
	n := len(k.rest)
	switch {
	case len(k.sizes) > 0:
		n, k.sizes = k.sizes[0], k.sizes[1:]
	case k.size > 0 && k.size < n:
		n = k.size
	default:
		k.done = true
	}
	octets := k.rest[:n]
	k.rest = k.rest[n:]
	return chunkText(octets, k.done)
}

// chunkText is BDAT and its octets, which go out in one write (RFC 3030 2).
func chunkText(octets string, last bool) string {
	head := fmt.Sprintf("BDAT %d", len(octets))
	if last {
		head += " LAST"
	}
	return head + "\r\n" + octets
}
