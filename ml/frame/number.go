package frame

import (
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// numeral is what a text is when read as a number.
type numeral uint8

const (
	notNumber numeral = iota
	plain             // a number that float64 holds
	code              // digits, but a name rather than a quantity: leading zeros, or an integer that float64 rounds
	infinite          // "inf", or too large for a float64
)

// tens are the powers of ten that float64 holds exactly.
var tens = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// wholeTens are powers of ten as integers, by exponent.
var wholeTens = [...]uint64{1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000}

// ParseNumber reads a finite decimal number as ReadCSV does: digits with an
// optional sign, point and exponent; no hexadecimal, no separators.
func ParseNumber(text string) (float64, bool) {
	value, class := parseNumber(trim(text))
	return value, class == plain || class == code
}

// parseNumber reads and classifies s.
func parseNumber(s string) (float64, numeral) {
	i, negative := 0, false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	start := i
	var mantissa uint64
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		mantissa = mantissa*10 + uint64(s[i]-'0')
	}
	whole := i - start
	digits, exponent := whole, 0
	integer := true
	if i < len(s) && s[i] == '.' {
		integer = false
		point := i
		for i++; i < len(s) && s[i]-'0' <= 9; i++ {
			mantissa = mantissa*10 + uint64(s[i]-'0')
		}
		exponent = point + 1 - i
		digits += i - point - 1
	}
	if digits == 0 {
		return infinity(s[start:])
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		integer = false
		e, ok := parseExponent(s[i+1:])
		if !ok {
			return 0, notNumber
		}
		exponent += e
		i = len(s)
	}
	if i != len(s) {
		return 0, notNumber
	}
	class := plain
	if whole > 1 && s[start] == '0' {
		class = code
	}
	if digits <= 19 {
		if value, ok := decimal(mantissa, exponent); ok {
			if integer && mantissa > 1<<53 && uint64(value) != mantissa {
				class = code
			}
			if negative {
				value = -value
			}
			return value, class
		}
	}
	value, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, infinite // the syntax is right, so it is the range
	}
	if integer && (digits > 19 || uint64(math.Abs(value)) != mantissa) {
		class = code
	}
	return value, class
}

// decimal is mantissa·10^exponent, correctly rounded; false where it does not
// know. Short decimals, nearly all there are, need one multiplication or
// division of exact operands, which IEEE 754 rounds correctly (Clinger, "How to
// read floating point numbers accurately", PLDI 1990, section 3).
func decimal(mantissa uint64, exponent int) (float64, bool) {
	if mantissa > 1<<53 || exponent < -22 || exponent > 22 {
		return longDecimal(mantissa, exponent)
	}
	if exponent < 0 {
		return float64(mantissa) / tens[-exponent], true
	}
	return float64(mantissa) * tens[exponent], true
}

// longDecimal rounds a mantissa of up to 19 digits with a product of 64 by 128
// bits: Lemire, "Number parsing at a gigabyte per second", Software: Practice
// and Experience 51(8), 2021, section 5. Where the truncated power leaves the
// rounding open, and for subnormal and infinite results, the answer is false
// and strconv decides. What differs: the table of powers ends at ±60, beyond
// which hardly any data go.
func longDecimal(mantissa uint64, exponent int) (float64, bool) {
	if mantissa == 0 {
		return 0, true
	}
	if exponent < -farthestPower || exponent > farthestPower {
		return 0, false
	}
	power := &powers[exponent+farthestPower]
	shift := bits.LeadingZeros64(mantissa)
	mantissa <<= shift
	high, low := bits.Mul64(mantissa, power.high)
	// The nine bits below the 54 that are kept are all ones: a carry out of the
	// power's lower half could still reach the kept ones.
	if high&0x1ff == 0x1ff && low+mantissa < mantissa {
		middle, rest := bits.Mul64(mantissa, power.low)
		var carry uint64
		low, carry = bits.Add64(low, middle, 0)
		high += carry
		if high&0x1ff == 0x1ff && low == math.MaxUint64 && rest+mantissa < mantissa {
			return 0, false
		}
	}
	top := high >> 63
	kept := high >> (9 + top)
	if low == 0 && high&0x1ff == 0 && kept&3 == 1 {
		return 0, false // perhaps exactly between two numbers
	}
	kept = (kept + kept&1) >> 1 // 54 bits to 53
	// 217706/2^16 is log2(10) closely enough to give its floor within the table.
	binary := (217706*exponent)>>16 + 63 + 1023 - shift + int(top) //nolint:gosec // 0 or 1
	if kept>>53 != 0 {
		kept >>= 1
		binary++
	}
	if binary <= 0 || binary >= 0x7ff {
		return 0, false
	}
	return math.Float64frombits(uint64(binary)<<52 | kept&(1<<52-1)), true
}

// parseExponent reads what follows the e. Past four digits it is out of range
// one way or the other, whatever its exact value.
func parseExponent(s string) (int, bool) {
	sign := 1
	if s != "" && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	if s == "" {
		return 0, false
	}
	e := 0
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return 0, false
		}
		e = min(e*10+int(s[i]-'0'), 10_000)
	}
	return sign * e, true
}

func infinity(s string) (float64, numeral) {
	if strings.EqualFold(s, "inf") || strings.EqualFold(s, "infinity") {
		return 0, infinite
	}
	return 0, notNumber
}

// trim cuts blanks around a number, date or missing value. Levels are kept
// verbatim.
func trim(s string) string {
	if s != "" && (s[0] <= ' ' || s[len(s)-1] <= ' ') {
		return strings.TrimSpace(s)
	}
	return s
}
