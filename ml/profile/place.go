package profile

import (
	"math"
	"slices"

	"dasier/ml/frame"
)

// Map places a sample of rows. X and Y run from 0 to 1000 from the west and
// from the north, on an equirectangular projection that is true at the middle
// latitude; Shade is the tenth of the outcome, 0 to 9, or -1 when there is none.
type Map struct {
	West   float64  `json:"west"`
	East   float64  `json:"east"`
	South  float64  `json:"south"`
	North  float64  `json:"north"`
	Aspect float64  `json:"aspect"` // height by width
	Points [][3]int `json:"points"`
	// Shades are the least outcomes of each shade.
	Shades []float64 `json:"shades,omitempty"`
	Far    int       `json:"far,omitempty"` // rows beyond the map: the outer 0.5 % on each side may be errors
}

const (
	maxPoints = 2000
	shades    = 10
)

func newMap(f *frame.Frame, cfg Config, target outcome) *Map {
	x, okX := f.Column(cfg.Longitude)
	y, okY := f.Column(cfg.Latitude)
	if !okX || !okY || x.Kind != frame.Number || y.Kind != frame.Number {
		return nil
	}
	var placed []int
	var longitudes, latitudes, outcomes []float64
	for i := range f.Rows() {
		if math.Abs(x.Value(i)) <= 180 && math.Abs(y.Value(i)) <= 90 { // false for NaN
			placed = append(placed, i)
			longitudes = append(longitudes, x.Value(i))
			latitudes = append(latitudes, y.Value(i))
			if target.values != nil && !math.IsNaN(target.values[i]) && !math.IsInf(target.values[i], 0) {
				outcomes = append(outcomes, target.values[i])
			}
		}
	}
	if len(placed) < few {
		return nil
	}
	m := &Map{}
	m.West, m.East = span(longitudes)
	m.South, m.North = span(latitudes)
	if m.East <= m.West || m.North <= m.South {
		return nil
	}
	m.Aspect = round((m.North - m.South) / ((m.East - m.West) * math.Cos((m.North+m.South)/2*math.Pi/180)))
	m.shade(outcomes)
	for _, at := range sampleRows(len(placed), maxPoints) {
		i := placed[at]
		px := (x.Value(i) - m.West) / (m.East - m.West)
		py := (m.North - y.Value(i)) / (m.North - m.South)
		if px < 0 || px > 1 || py < 0 || py > 1 {
			continue
		}
		m.Points = append(m.Points, [3]int{int(px*1000 + .5), int(py*1000 + .5), m.shadeOf(target, i)})
	}
	for _, i := range placed {
		if x.Value(i) < m.West || x.Value(i) > m.East || y.Value(i) < m.South || y.Value(i) > m.North {
			m.Far++
		}
	}
	return m
}

// span is the range without a far tail: one place typed wrong must not shrink
// a town to a dot.
func span(values []float64) (low, high float64) {
	slices.Sort(values)
	low, high = values[0], values[len(values)-1]
	inner, outer := quantile(values, .005), quantile(values, .995)
	if middle := outer - inner; middle > 0 && high-low > 3*middle {
		low, high = max(low, inner-middle/10), min(high, outer+middle/10)
	}
	return low, high
}

// shade cuts the outcomes into tenths, or into two when they are shares.
func (m *Map) shade(outcomes []float64) {
	if len(outcomes) == 0 {
		return
	}
	slices.Sort(outcomes)
	for s := range shades {
		edge := quantile(outcomes, float64(s)/shades)
		if len(m.Shades) == 0 || edge > m.Shades[len(m.Shades)-1] {
			m.Shades = append(m.Shades, round(edge))
		}
	}
	if last := outcomes[len(outcomes)-1]; len(m.Shades) == 1 && last > m.Shades[0] {
		m.Shades = append(m.Shades, last) // mostly one value: the rest is the other shade
	}
}

func (m *Map) shadeOf(target outcome, i int) int {
	if len(m.Shades) == 0 || math.IsNaN(target.values[i]) {
		return -1
	}
	shade := 0
	for s, edge := range m.Shades {
		if target.values[i] >= edge {
			shade = s
		}
	}
	return shade
}

// Trend is the outcome along the column that orders the rows.
type Trend struct {
	Column    string     `json:"column"`
	Kind      frame.Kind `json:"kind"`
	From      float64    `json:"from"`
	To        float64    `json:"to"`
	Histogram *Histogram `json:"histogram"`
}

func newTrend(f *frame.Frame, name string, target outcome) *Trend {
	c, ok := f.Column(name)
	if !ok || c.Kind == frame.Category || c.Name == target.column {
		return nil
	}
	v := Variable{}
	v.describeNumbers(c.Numbers(), target, detailOf(1), &sorter{})
	if v.Numbers == nil || v.Numbers.Histogram == nil {
		return nil
	}
	return &Trend{Column: c.Name, Kind: c.Kind, From: v.Numbers.Min, To: v.Numbers.Max, Histogram: v.Numbers.Histogram}
}
