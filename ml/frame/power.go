package frame

import "math/big"

// farthestPower is the largest power of ten in the table, either way.
const farthestPower = 60

// power is 10^e as 128 bits, the first of them 1, cut off after the last.
type power struct{ high, low uint64 }

// powers are those from 10^-60 on.
var powers = buildPowers()

func buildPowers() []power {
	table := make([]power, 2*farthestPower+1)
	mask := new(big.Int).SetUint64(1<<64 - 1)
	for i := range table {
		e := int64(i) - farthestPower
		ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(max(e, -e)), nil)
		if e < 0 { // 2^k/10^-e, with enough bits for 128 to be exact
			ten.Div(new(big.Int).Lsh(big.NewInt(1), 512), ten)
		}
		if spare := ten.BitLen() - 128; spare >= 0 {
			ten.Rsh(ten, uint(spare))
		} else {
			ten.Lsh(ten, uint(-spare))
		}
		table[i].low = new(big.Int).And(ten, mask).Uint64()
		table[i].high = ten.Rsh(ten, 64).Uint64()
	}
	return table
}
