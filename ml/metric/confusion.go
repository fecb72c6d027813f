package metric

import (
	"cmp"
	"slices"
)

// Confusion counts which class was predicted for rows of which class.
type Confusion struct {
	Classes []string `json:"classes"`
	// Counts[t][p] is the weight of rows of class t that were predicted as p.
	Counts [][]float64 `json:"counts"`
}

// Share is a proportion with its interval (Wilson) and the rows that it is of.
type Share struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Of    float64 `json:"of"`
}

// ClassFigures are what a classifier does with one class.
type ClassFigures struct {
	Class     string  `json:"class"`
	Rows      float64 `json:"rows"`
	Predicted float64 `json:"predicted"`
	Precision Share   `json:"precision"`
	Recall    Share   `json:"recall"`
	F1        float64 `json:"f1"`
}

// Confuse counts. Of a binary choice the Config's threshold decides.
func Confuse(y, predictions []float64, cfg Config) (*Confusion, error) {
	if cfg.Task == "" && len(y) == len(predictions) {
		cfg.Task = Binary
	}
	cfg = cfg.defaults(len(y), len(predictions))
	if err := check(y, predictions, cfg); err != nil {
		return nil, err
	}
	d := newData(y, predictions, cfg.Weights, cfg.Threshold)
	c := &Confusion{Counts: make([][]float64, d.classes())}
	for k := range c.Counts {
		c.Classes = append(c.Classes, cfg.class(k))
		c.Counts[k] = make([]float64, d.classes())
	}
	for i := range y {
		c.Counts[d.class(i)][d.chosen(i)] += d.weight(i)
	}
	return c, nil
}

// PerClass gives the figures of every class.
func (c *Confusion) PerClass(level float64) []ClassFigures {
	if !(level > 0 && level < 1) {
		level = 0.95
	}
	figures := make([]ClassFigures, len(c.Classes))
	for k, class := range c.Classes {
		f := ClassFigures{Class: class}
		for other := range c.Classes {
			f.Rows += c.Counts[k][other]
			f.Predicted += c.Counts[other][k]
		}
		found := c.Counts[k][k]
		f.Precision, f.Recall = shareOf(found, f.Predicted, level), shareOf(found, f.Rows, level)
		if f.Rows+f.Predicted > 0 {
			f.F1 = 2 * found / (f.Rows + f.Predicted)
		}
		figures[k] = f
	}
	return figures
}

func shareOf(found, of, level float64) Share {
	s := Share{Of: of}
	if of > 0 {
		s.Value = found / of
	}
	s.Low, s.High = Wilson(s.Value, of, level)
	return s
}

// Largest keeps the most frequent classes, at most so many, and adds the others
// up as "other": a matrix that a person can look at.
func (c *Confusion) Largest(most int) *Confusion {
	if len(c.Classes) <= most || most < 1 {
		return c
	}
	rows, order := make([]float64, len(c.Classes)), make([]int, len(c.Classes))
	for k, counts := range c.Counts {
		order[k] = k
		for _, n := range counts {
			rows[k] += n
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rows[b], rows[a]) })
	kept := slices.Sorted(slices.Values(order[:most]))
	place := make([]int, len(c.Classes))
	for k := range place {
		place[k] = most
	}
	few := &Confusion{Counts: make([][]float64, most+1)}
	for at, k := range kept {
		place[k] = at
		few.Classes = append(few.Classes, c.Classes[k])
	}
	few.Classes = append(few.Classes, "other")
	for at := range few.Counts {
		few.Counts[at] = make([]float64, most+1)
	}
	for k, counts := range c.Counts {
		for p, n := range counts {
			few.Counts[place[k]][place[p]] += n
		}
	}
	return few
}
