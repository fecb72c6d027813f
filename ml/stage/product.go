package stage

// Product is a term times a cell, or the cell alone, or 1.
type Product struct {
	Of   int32 // an earlier term; -1: there is none
	Cell int32 // -1: the term is 1
}

// Products computes products of cells, each from an earlier one: what a
// polynomial is made of. The first Hidden terms are only means to the others.
type Products struct {
	Terms  []Product
	Hidden int
}

// Check wants terms that use earlier terms and cells that are there.
func (p *Products) Check(in int) (int, error) {
	for k, t := range p.Terms {
		if int(t.Of) >= k || t.Of < -1 || int(t.Cell) >= in || t.Cell < -1 || t.Cell < 0 && t.Of >= 0 {
			return 0, wrong("term %d is of term %d and cell %d, of %d", k, t.Of, t.Cell, in)
		}
	}
	if p.Hidden < 0 || p.Hidden > len(p.Terms) {
		return 0, wrong("%d of %d terms are hidden", p.Hidden, len(p.Terms))
	}
	return len(p.Terms) - p.Hidden, nil
}

// Work is room for every term.
func (p *Products) Work(int) int { return len(p.Terms) }

// Apply multiplies.
func (p *Products) Apply(in, out, work []float64) {
	terms := work[:len(p.Terms)]
	for k, t := range p.Terms {
		switch {
		case t.Cell < 0:
			terms[k] = 1
		case t.Of < 0:
			terms[k] = in[t.Cell]
		default:
			terms[k] = terms[t.Of] * in[t.Cell]
		}
	}
	copy(out, terms[p.Hidden:])
}
