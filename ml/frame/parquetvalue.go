package frame

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"dasier/fault"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// newParquetReader chooses by the column's logical type, then its physical one
// (Apache Parquet, LogicalTypes.md).
func newParquetReader(field *parquet.Column, cfg *Config) (*parquetReader, error) {
	p := &parquetReader{field: field, cfg: cfg}
	var logical format.LogicalTypeValue
	if t := field.Type().LogicalType(); t != nil {
		logical = t.Value
	}
	kind := field.Type().Kind()
	switch t := logical.(type) {
	case *format.DecimalType:
		scale := int(t.Scale)
		if scale < 0 || scale > 60 {
			return nil, fault.Errorf(fault.Invalid, "%s: the column %q has %d decimal places: at most 60 are read", cfg.Name, field.Name(), scale)
		}
		p.text = func(v parquet.Value) string { return decimalText(v, scale) }
		p.number = func(v parquet.Value) (float64, bool) {
			number, class := parseNumber(p.text(v))
			return number, class == plain || scale > 0
		}
	case *format.DateType:
		p.seconds(86_400, 1)
	case *format.TimestampType:
		per := int64(1)
		if t.Unit.Value != nil {
			per = max(1, int64(time.Second/t.Unit.Value.Duration()))
		}
		p.seconds(1, per)
	case *format.TimeType, *format.BsonType, *format.UUIDType, *format.Float16Type, *format.VariantType, *format.GeometryType, *format.GeographyType:
		return nil, p.refuse(logical.String())
	default:
		unsigned := false
		if t, ok := logical.(*format.IntType); ok {
			unsigned = !t.IsSigned
		}
		return p, p.physical(kind, unsigned)
	}
	if _, decimal := logical.(*format.DecimalType); !decimal && kind != parquet.Int32 && kind != parquet.Int64 {
		return nil, p.refuse(logical.String())
	}
	return p, nil
}

func (p *parquetReader) refuse(kind string) error {
	return fault.Errorf(fault.Invalid, "%s: the column %q is of type %s, which is no cell here: convert it to numbers, texts or dates, or leave it out", p.cfg.Name, p.field.Name(), kind)
}

// physical reads what has no logical type or one that changes little.
func (p *parquetReader) physical(kind parquet.Kind, unsigned bool) error {
	switch kind {
	case parquet.Boolean:
		p.kind = Bool
		p.number = func(v parquet.Value) (float64, bool) {
			if v.Boolean() {
				return 1, true
			}
			return 0, true
		}
		p.text = func(v parquet.Value) string { return strconv.FormatBool(v.Boolean()) }
	case parquet.Int32, parquet.Int64:
		p.text = func(v parquet.Value) string { return strconv.FormatInt(integer(v), 10) }
		p.number = func(v parquet.Value) (float64, bool) { return whole(integer(v)) }
		if unsigned {
			p.text = func(v parquet.Value) string { return strconv.FormatUint(natural(v), 10) }
			p.number = func(v parquet.Value) (float64, bool) {
				n := natural(v)
				return float64(n), n <= 1<<53 || uint64(float64(n)) == n
			}
		}
	case parquet.Float:
		p.number = func(v parquet.Value) (float64, bool) { return float64(v.Float()), true }
		p.text = func(v parquet.Value) string { return strconv.FormatFloat(float64(v.Float()), 'g', -1, 32) }
	case parquet.Double:
		p.number = func(v parquet.Value) (float64, bool) { return v.Double(), true }
		p.text = func(v parquet.Value) string { return strconv.FormatFloat(v.Double(), 'g', -1, 64) }
	case parquet.Int96: // instants of older writers: nanoseconds of the day, Julian day
		p.kind = Time
		p.number = func(v parquet.Value) (float64, bool) {
			t := v.Int96()
			return (float64(t[2])-2_440_588)*86_400 + float64(uint64(t[1])<<32|uint64(t[0]))/1e9, true
		}
		p.text = func(v parquet.Value) string { seconds, _ := p.number(v); return instant(seconds) }
	case parquet.ByteArray:
		p.text, p.quoted = func(v parquet.Value) string { return string(v.ByteArray()) }, true
	default:
		return p.refuse(kind.String())
	}
	return nil
}

// seconds reads counts of a unit since 1970.
func (p *parquetReader) seconds(times, per int64) {
	p.kind = Time
	p.number = func(v parquet.Value) (float64, bool) {
		return float64(integer(v)) * float64(times) / float64(per), true
	}
	p.text = func(v parquet.Value) string { seconds, _ := p.number(v); return instant(seconds) }
}

func instant(seconds float64) string {
	return time.UnixMicro(int64(seconds * 1e6)).UTC().Format("2006-01-02T15:04:05.999999Z07:00")
}

func integer(v parquet.Value) int64 {
	if v.Kind() == parquet.Int32 {
		return int64(v.Int32())
	}
	return v.Int64()
}

func natural(v parquet.Value) uint64 {
	if v.Kind() == parquet.Int32 {
		return uint64(v.Uint32())
	}
	return v.Uint64()
}

// whole is an integer as a number, and whether it is the same.
func whole(n int64) (float64, bool) {
	v := float64(n)
	return v, (n >= -1<<53 && n <= 1<<53) || (v < 1<<63 && int64(v) == n)
}

// decimalText writes a decimal with all its places.
func decimalText(v parquet.Value, scale int) string {
	var unscaled *big.Int
	switch v.Kind() {
	case parquet.Int32, parquet.Int64:
		unscaled = big.NewInt(integer(v))
	default: // two's complement, the high byte first
		bytes := v.ByteArray()
		unscaled = new(big.Int).SetBytes(bytes)
		if len(bytes) > 0 && bytes[0]&0x80 != 0 {
			unscaled.Sub(unscaled, new(big.Int).Lsh(big.NewInt(1), uint(8*len(bytes)))) //nolint:gosec // a length
		}
	}
	if scale == 0 {
		return unscaled.String()
	}
	sign := ""
	if unscaled.Sign() < 0 {
		sign = "-"
	}
	digits := unscaled.Abs(unscaled).String()
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}

// numbers reads the values; exact is false when one of them is more than a
// float64 holds.
func (p *parquetReader) numbers(rows int) (c *Column, exact bool, err error) {
	c = &Column{Name: p.field.Name(), Kind: p.kind}
	exact = true
	var all gathering
	expected := min(rows, 1<<20) // the file may lie
	part := make([]float64, 0, 1024)
	add := func(v float64) {
		if part = append(part, v); len(part) == cap(part) {
			all.take(part, expected)
			part = part[:0]
		}
	}
	err = p.each(rows, func(row int, v parquet.Value) error {
		if v.IsNull() {
			add(math.NaN())
			return nil
		}
		number, whole := p.number(v)
		if math.IsInf(number, 0) {
			return fault.Errorf(fault.Invalid, "%s: row %d: %s: the value is not finite: write a null if it is unknown", p.cfg.Name, row+1, c.Name)
		}
		exact = exact && whole
		add(number)
		return nil
	})
	all.take(part, expected)
	c.keep(all.Numbers)
	return c, exact, err
}
