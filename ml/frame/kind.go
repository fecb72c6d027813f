package frame

import (
	"encoding"
	"slices"
	"strings"

	"dasier/fault"
)

// kindNames are the kinds' names in recipes, profiles and errors, by Kind.
var kindNames = [...]string{Number: "number", Category: "category", Bool: "bool", Time: "time"}

var (
	_ encoding.TextMarshaler   = Kind(0)
	_ encoding.TextUnmarshaler = (*Kind)(nil)
)

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) {
	if int(k) >= len(kindNames) {
		return nil, fault.Errorf(fault.Invalid, "no column kind has the number %d", uint8(k))
	}
	return []byte(kindNames[k]), nil
}

// UnmarshalText reads the kind's name. Any other text is an error.
func (k *Kind) UnmarshalText(text []byte) error {
	i := slices.Index(kindNames[:], string(text))
	if i < 0 {
		return fault.Errorf(fault.Invalid, "no column kind %q: the kinds are %s", text, strings.Join(kindNames[:], ", "))
	}
	*k = Kind(i) //nolint:gosec // i is an index of a table of four
	return nil
}
