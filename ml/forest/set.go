package forest

// maxCategory bounds the numbers of categories: what float32 holds exactly.
const maxCategory = 1 << 24

// category is the number of the category that x stands for; false where it
// stands for none.
func (s *Set) category(x float64, cast bool) (int, bool) {
	least := 0.0
	if !cast && len(s.Known) == 0 && x > -1 {
		least = -1 // LightGBM cuts -0.5 to 0
	}
	if x < least || x >= maxCategory {
		return 0, false
	}
	return int(x), true
}

// left tells the way of x, which is no NaN.
func (s *Set) left(x float64, missingLeft, cast bool) bool {
	k, ok := s.category(x, cast)
	if len(s.Known) > 0 && (!ok || !has(s.Known, k)) {
		return missingLeft
	}
	return (ok && has(s.Bits, k)) != s.Others
}

func has(bits []uint32, k int) bool {
	return k>>5 < len(bits) && bits[k>>5]>>(k&31)&1 == 1
}
