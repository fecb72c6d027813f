package onnx

// calendar is the parts of a time, as package stage computes them, step by step:
// whole numbers, which doubles hold exactly.
func (e *emitter) calendar(op, x string) string {
	const largestTime = 1e13
	seconds := e.do("Min", e.do("Max", x, e.num(-largestTime)), e.num(largestTime))
	seconds = e.where(e.do("IsNaN", x), x, seconds)
	days := e.floorDiv(seconds, 86400)
	switch op {
	case "hour":
		rest := e.sub(seconds, e.mul(days, e.num(86400)))
		hour := e.floorDiv(rest, 3600)
		return e.where(e.do("Greater", hour, e.num(23)), e.num(23), hour)
	case "weekday":
		shifted := e.add(days, e.num(3))
		return e.add(e.sub(shifted, e.mul(e.num(7), e.floorDiv(shifted, 7))), e.num(1))
	}
	z := e.add(days, e.num(719468))
	era := e.floorDiv(z, 146097)
	doe := e.sub(z, e.mul(era, e.num(146097)))
	inside := e.sub(e.add(e.sub(doe, e.floorDiv(doe, 1460)), e.floorDiv(doe, 36524)), e.floorDiv(doe, 146096))
	yoe := e.floorDiv(inside, 365)
	before := e.sub(e.add(e.mul(e.num(365), yoe), e.floorDiv(yoe, 4)), e.floorDiv(yoe, 100))
	doy := e.sub(doe, before)
	mp := e.floorDiv(e.add(e.mul(e.num(5), doy), e.num(2)), 153)
	late := e.do("Greater", mp, e.num(9.5)) // January and February
	year := e.add(yoe, e.mul(era, e.num(400)))
	switch op {
	case "day":
		first := e.floorDiv(e.add(e.mul(e.num(153), mp), e.num(2)), 5)
		return e.add(e.sub(doy, first), e.num(1))
	case "month":
		return e.where(late, e.sub(mp, e.num(9)), e.add(mp, e.num(3)))
	case "yearday":
		from := e.add(e.add(doy, e.num(60)), e.leap(year))
		return e.where(late, e.sub(doy, e.num(305)), from)
	}
	return e.where(late, e.add(year, e.num(1)), year)
}

func (e *emitter) floorDiv(x string, by float64) string {
	return e.do("Floor", e.div(x, e.num(by)))
}

// leap is 1 in a leap year.
func (e *emitter) leap(year string) string {
	divides := func(by float64) string {
		return e.do("Equal", year, e.mul(e.num(by), e.floorDiv(year, by)))
	}
	century := e.do("And", divides(100), e.do("Not", divides(400)))
	return e.indicator(e.do("And", divides(4), e.do("Not", century)))
}

// line is a curve through points: what each stretch adds, up to where x is.
func (e *emitter) line(x string, xs, ys []float64) matrix {
	n := len(xs) - 1
	if n == 0 {
		return matrix{e.where(e.do("IsNaN", x), x, e.num(ys[0])), 1}
	}
	widths, slopes := make([]float64, n), make([]float64, n)
	for k := range n {
		widths[k] = xs[k+1] - xs[k]
		slopes[k] = (ys[k+1] - ys[k]) / widths[k]
	}
	along := e.do("Min", e.do("Max", e.sub(x, e.row(xs[:n])), e.num(0)), e.row(widths))
	return matrix{e.add(e.matMul(along, e.table(slopes, n, 1)), e.num(ys[0])), 1}
}
