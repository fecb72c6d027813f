package predict

import "slices"

// cloneSpec keeps what the caller may still change apart; trees are too large
// for that, and are not to be changed.
func cloneSpec(s Spec) Spec {
	s.Inputs = slices.Clone(s.Inputs)
	for i := range s.Inputs {
		s.Inputs[i].Levels = slices.Clone(s.Inputs[i].Levels)
		if s.Inputs[i].Hashing != nil {
			hashing := *s.Inputs[i].Hashing
			s.Inputs[i].Hashing = &hashing
		}
	}
	s.Features, s.Readings = slices.Clone(s.Features), slices.Clone(s.Readings)
	s.Classes = slices.Clone(s.Classes)
	s.Target.Smear = slices.Clone(s.Target.Smear)
	if s.Target.Power != nil {
		power := *s.Target.Power
		s.Target.Power = &power
	}
	if s.Linear != nil {
		linear := s.Linear.clone()
		s.Linear = &linear
	}
	s.Classwise = slices.Clone(s.Classwise)
	for k := range s.Classwise {
		s.Classwise[k] = s.Classwise[k].clone()
	}
	if s.Interval != nil {
		interval := *s.Interval
		interval.Residuals, interval.Cells = slices.Clone(interval.Residuals), slices.Clone(interval.Cells)
		s.Interval = &interval
	}
	if s.Set != nil {
		set := *s.Set
		set.Strangeness = slices.Clone(set.Strangeness)
		s.Set = &set
	}
	if s.Background != nil {
		background := Background{Means: slices.Clone(s.Background.Means), Rows: slices.Clone(s.Background.Rows)}
		for k, row := range background.Rows {
			background.Rows[k] = slices.Clone(row)
		}
		s.Background = &background
	}
	return s
}

func (l Linear) clone() Linear {
	l.Weights, l.Base = slices.Clone(l.Weights), slices.Clone(l.Base)
	return l
}
