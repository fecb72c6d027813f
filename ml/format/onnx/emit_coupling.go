package onnx

import "dasier/ml/stage"

// coupling iterates as stage.Coupling does, all rows at once in one Scan: a row
// that is good enough stays what it is. The state is the probabilities and which
// rows are done; what is scanned only counts the rounds.
func (e *emitter) coupling(c *stage.Coupling, x matrix) matrix {
	k := c.Classes
	const least = 1e-7
	sure := e.logistic(e.do("Neg", e.add(e.mul(x.name, e.row(c.A)), e.row(c.B))))
	wins := e.parts(e.do("Min", e.do("Max", sure, e.num(least)), e.num(1-least)), 1, x.width, 1)
	r := make([][]string, k) // how surely the first wins against the second
	for i := range r {
		r[i] = make([]string, k)
	}
	for i, p := 0, 0; i < k; i++ {
		for j := i + 1; j < k; j++ {
			r[i][j], r[j][i] = wins[p], e.sub(e.num(1), wins[p])
			p++
		}
	}
	q := make([]string, k) // rows of Q, each [N, classes]
	diagonal := make([]string, k)
	for t := range k {
		cells, squares := make([]string, k), []string(nil)
		for j := range k {
			if j != t {
				squares = append(squares, e.mul(r[j][t], r[j][t]))
				cells[j] = e.do("Neg", e.mul(r[j][t], r[t][j]))
			}
		}
		diagonal[t] = e.inOrder(squares)
		cells[t] = diagonal[t]
		q[t] = e.join(cells)
	}
	begin, undone := e.filled(1/float64(k), k), e.filled(0, 1)
	rounds := e.table(make([]float64, max(100, k)), max(100, k))

	// The body's nodes are written in place of the graph's.
	outer := e.nodes
	e.nodes = nil
	p, done, round := e.fresh("p"), e.fresh("done"), e.fresh("round")
	better, now := e.couplingRound(k, q, diagonal, p, done)
	var body message
	for _, node := range e.nodes {
		body.raw(1, node)
	}
	e.nodes = outer
	body.text(2, e.fresh("coupling"))
	for _, name := range []string{p, done, round} {
		body.raw(11, valueInfoMessage(name, typeDouble, nil, ""))
	}
	for _, name := range []string{better, now} {
		body.raw(12, valueInfoMessage(name, typeDouble, nil, ""))
	}
	coupled, finished := e.fresh("coupled"), e.fresh("finished")
	e.nodeOf([]string{coupled, finished}, "", "Scan", []string{begin.name, undone.name, rounds},
		graphAttribute("body", body), intAttribute("num_scan_inputs", 1))
	return matrix{coupled, k}
}

// couplingRound improves the probabilities of the rows that are not done.
func (e *emitter) couplingRound(k int, q, diagonal []string, p, done string) (better, now string) {
	parts := make([]string, k)
	for t := range k {
		parts[t] = e.reduce("ReduceSum", e.mul(q[t], p), 1)
	}
	qp := e.join(parts)
	whole := e.reduce("ReduceSum", e.mul(p, qp), 1)
	worst := e.reduce("ReduceMax", e.do("Abs", e.sub(qp, whole)), 1)
	good := e.do("Or", e.do("Greater", done, e.num(0)), e.do("Less", worst, e.num(0.005/float64(k))))
	better = p
	for t := range k {
		of := e.columns(matrix{qp, k}, []int{t}).name
		diff := e.div(e.sub(whole, of), diagonal[t])
		over := e.add(e.num(1), diff)
		change := e.mul(diff, e.add(e.mul(diff, diagonal[t]), e.mul(e.num(2), of)))
		whole = e.div(e.div(e.add(whole, change), over), over)
		qp = e.div(e.add(qp, e.mul(diff, q[t])), over)
		only := make([]float64, k)
		only[t] = 1
		better = e.div(e.add(better, e.mul(diff, e.rowOf("only", only))), over)
	}
	return e.where(good, p, better), e.indicator(good)
}
