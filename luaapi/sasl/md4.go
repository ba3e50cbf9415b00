package sasl

import (
	"encoding/binary"
	"math/bits"
)

// md4 is RFC 1320's digest, for the hash of a password in NTLM.
func md4(message []byte) [16]byte {
	padded := append(append(make([]byte, 0, len(message)+72), message...), 0x80)
	for len(padded)%64 != 56 {
		padded = append(padded, 0)
	}
	padded = binary.LittleEndian.AppendUint64(padded, uint64(len(message))*8)
	state := [4]uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}
	for ; len(padded) > 0; padded = padded[64:] {
		md4Block(&state, padded[:64])
	}
	var sum [16]byte
	for i, word := range state {
		binary.LittleEndian.PutUint32(sum[4*i:], word)
	}
	return sum
}

// md4Rounds are RFC 1320 3.4's three rounds: what is added, the order of the words, and the shifts.
var md4Rounds = [3]struct {
	f      func(x, y, z uint32) uint32
	add    uint32
	words  [16]int
	shifts [4]int
}{
	{func(x, y, z uint32) uint32 { return x&y | ^x&z }, 0, [16]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, [4]int{3, 7, 11, 19}},
	{func(x, y, z uint32) uint32 { return x&y | x&z | y&z }, 0x5a827999, [16]int{0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}, [4]int{3, 5, 9, 13}},
	{func(x, y, z uint32) uint32 { return x ^ y ^ z }, 0x6ed9eba1, [16]int{0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15}, [4]int{3, 9, 11, 15}},
}

func md4Block(state *[4]uint32, block []byte) {
	a, b, c, d := state[0], state[1], state[2], state[3]
	for _, round := range md4Rounds {
		for i, word := range round.words {
			sum := a + round.f(b, c, d) + binary.LittleEndian.Uint32(block[4*word:]) + round.add
			a, b, c, d = d, bits.RotateLeft32(sum, round.shifts[i%4]), b, c
		}
	}
	state[0] += a
	state[1] += b
	state[2] += c
	state[3] += d
}
