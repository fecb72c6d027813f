package pickle

import (
	"fmt"
	"math/big"
	"strings"
)

// manyLetters is more than the longest name of a library's class has.
const manyLetters = 160

func clip(text string) string {
	if len(text) > manyLetters {
		return strings.ToValidUTF8(text[:manyLetters], "") + "…"
	}
	return text
}

// describe names a value for a message, as Python would.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "a bool"
	case int64, *big.Int:
		return "an int"
	case float64:
		return "a float"
	case string:
		return "a text"
	case Bytes:
		return "bytes"
	case *List:
		return "a list"
	case *Tuple:
		return "a tuple"
	case *Set:
		return "a set"
	case *Dict:
		return "a dict"
	case *Array:
		return "an array"
	case *DType:
		return "a data type"
	case Global:
		return clip(v.String())
	case *Object:
		return "an instance of " + clip(v.Class.String())
	case *Opaque:
		return clip(v.Class.String()) + ", which is not read"
	case *foreign:
		return clip(v.name.String())
	}
	return fmt.Sprintf("%T", v)
}
