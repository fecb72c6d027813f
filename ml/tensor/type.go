package tensor

import (
	"fmt"
	"slices"
)

// Type is the type of a tensor's cells.
type Type uint8

// The types.
const (
	None Type = iota // no tensor: an optional input that is left out
	Float
	Double
	Int64
	Int32
	Bool
	Uint8
	String
)

var typeNames = [...]string{"nothing", "float", "double", "int64", "int32", "bool", "uint8", "string"}

// String is the type's name in ONNX.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("type(%d)", uint8(t))
}

// element is what a cell can be in Go.
type element interface {
	float32 | float64 | int64 | int32 | bool | uint8 | string
}

// number is a cell that one can calculate with.
type number interface {
	float32 | float64 | int64 | int32 | uint8
}

// Tensor is a dense array in row-major order. Only the slice of its type is
// used; it has as many cells as the product of Shape.
type Tensor struct {
	Type   Type
	Shape  []int
	Float  []float32
	Double []float64
	Int64  []int64
	Int32  []int32
	Bool   []bool
	Uint8  []uint8
	String []string
}

// place is where a tensor keeps cells of type T.
func place[T element](t *Tensor) *[]T {
	// Pointers in an interface cost no allocation, slices would.
	var p any
	switch any((*T)(nil)).(type) {
	case *float32:
		p = &t.Float
	case *float64:
		p = &t.Double
	case *int64:
		p = &t.Int64
	case *int32:
		p = &t.Int32
	case *bool:
		p = &t.Bool
	case *uint8:
		p = &t.Uint8
	default:
		p = &t.String
	}
	return p.(*[]T) //nolint:errcheck,forcetypeassert // the cases above are the types of element
}

// cells are the cells of a tensor whose type is known to be T.
func cells[T element](t *Tensor) []T { return *place[T](t) }

// typeOf is the Type of T.
func typeOf[T element]() Type {
	switch any((*T)(nil)).(type) {
	case *float32:
		return Float
	case *float64:
		return Double
	case *int64:
		return Int64
	case *int32:
		return Int32
	case *bool:
		return Bool
	case *uint8:
		return Uint8
	default:
		return String
	}
}

// held is how many cells the slice of the tensor's type has.
func (t *Tensor) held() int {
	switch t.Type {
	case Float:
		return len(t.Float)
	case Double:
		return len(t.Double)
	case Int64:
		return len(t.Int64)
	case Int32:
		return len(t.Int32)
	case Bool:
		return len(t.Bool)
	case Uint8:
		return len(t.Uint8)
	case String:
		return len(t.String)
	default:
		return 0
	}
}

// Count is how many cells the shape asks for, or -1 when that is negative or
// beyond the limit of a tensor.
func (t *Tensor) Count() int { return count(t.Shape) }

func count(shape []int) int {
	n, empty := 1, false
	for _, d := range shape {
		switch {
		case d < 0:
			return -1
		case d == 0:
			empty = true
		case n > maxCells/d:
			n = maxCells + 1
		default:
			n *= d
		}
	}
	switch {
	case empty:
		return 0
	case n > maxCells:
		return -1
	}
	return n
}

// size is the bytes of a cell in an arena.
func (t Type) size() int {
	switch t {
	case Double, Int64:
		return 8
	case Float, Int32:
		return 4
	case String:
		return textBytes
	default:
		return 1
	}
}

// sharing makes t a view of the cells of another tensor in a shape that the
// caller has checked.
func (t *Tensor) sharing(other *Tensor, shape []int) {
	*t = *other
	t.Shape = shape
}

// set copies another tensor, reusing memory that t has.
func (t *Tensor) set(other *Tensor) {
	t.Type = other.Type
	t.Shape = append(t.Shape[:0], other.Shape...)
	switch other.Type {
	case Float:
		t.Float = append(t.Float[:0], other.Float...)
	case Double:
		t.Double = append(t.Double[:0], other.Double...)
	case Int64:
		t.Int64 = append(t.Int64[:0], other.Int64...)
	case Int32:
		t.Int32 = append(t.Int32[:0], other.Int32...)
	case Bool:
		t.Bool = append(t.Bool[:0], other.Bool...)
	case Uint8:
		t.Uint8 = append(t.Uint8[:0], other.Uint8...)
	case String:
		t.String = append(t.String[:0], other.String...)
	case None:
	}
}

func (t *Tensor) clone() *Tensor {
	c := new(Tensor)
	c.set(t)
	c.Shape = slices.Clone(t.Shape)
	return c
}

// copyCells copies n cells of src from a place on to dst; both have one type
// and room enough.
func copyCells(dst *Tensor, at int, src *Tensor, from, n int) {
	switch dst.Type {
	case Float:
		copy(dst.Float[at:at+n], src.Float[from:from+n])
	case Double:
		copy(dst.Double[at:at+n], src.Double[from:from+n])
	case Int64:
		copy(dst.Int64[at:at+n], src.Int64[from:from+n])
	case Int32:
		copy(dst.Int32[at:at+n], src.Int32[from:from+n])
	case Bool:
		copy(dst.Bool[at:at+n], src.Bool[from:from+n])
	case Uint8:
		copy(dst.Uint8[at:at+n], src.Uint8[from:from+n])
	case String:
		copy(dst.String[at:at+n], src.String[from:from+n])
	case None:
	}
}
