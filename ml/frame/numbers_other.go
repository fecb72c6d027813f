//go:build !amd64

package frame

func widen(to []float64, from []float32) { widenPlain(to, from) }
