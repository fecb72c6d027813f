package metric

// Choice is what choosing the rows of at least a probability does: how many of the
// class are found, and at what price.
type Choice struct {
	Threshold   float64 `json:"threshold"`
	Chosen      float64 `json:"chosen"`      // share of the rows
	Precision   float64 `json:"precision"`   // share of the chosen that are of the class; 1 where none is chosen
	Recall      float64 `json:"recall"`      // share of the class that is chosen
	Specificity float64 `json:"specificity"` // share of the others that are left
	F1          float64 `json:"f1"`
	Missed      float64 `json:"missed"` // rows of the class that are not chosen, by weight
	Alarms      float64 `json:"alarms"` // rows of the others that are chosen, by weight
}

// Choices says what each threshold does to a class against the rest; of a binary
// choice the class is 1. Thresholds are in ascending order.
func Choices(y, predictions []float64, class int, thresholds []float64, cfg Config) ([]Choice, error) {
	s, err := newSweep(y, predictions, class, cfg)
	if err != nil {
		return nil, err
	}
	choices := make([]Choice, len(thresholds))
	counted := make([]struct{ in, out float64 }, len(thresholds))
	s.each(func(threshold, in, out float64) {
		for k, t := range thresholds {
			if threshold >= t {
				counted[k].in, counted[k].out = in, out
			}
		}
	})
	for k, t := range thresholds {
		in, out := counted[k].in, counted[k].out
		c := Choice{
			Threshold: t, Chosen: (in + out) / (s.in + s.out), Precision: 1, Recall: in / s.in,
			Specificity: 1 - out/s.out, Missed: s.in - in, Alarms: out,
		}
		if in+out > 0 {
			c.Precision = in / (in + out)
		}
		if in > 0 {
			c.F1 = 2 * in / (s.in + in + out)
		}
		choices[k] = c
	}
	return choices, nil
}
