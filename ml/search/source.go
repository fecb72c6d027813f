package search

import (
	"dasier/fault"
	"dasier/ml/learn"
)

// Source is one kind of learner and the settings to try of it.
type Source struct {
	Name  string // "boosting"
	Space Space  // none: the learner as it is, once
	// Make makes the learner of settings. Settings that it does not know are
	// its error.
	Make func(Settings) (learn.Learner, error)
	// Resource is the setting that successive halving grows for this source in
	// place of rows, a whole number of which less is quicker: "trees". The space
	// must have it. Default: "", rows
	Resource string
	// Late has the source tried after all others, for what costs as much as they do
	// together (a stack of them): so a budget of time is not spent on it first.
	Late bool
}

// Fixed is a source of one learner as it is.
func Fixed(name string, learner learn.Learner) Source {
	return Source{Name: name, Make: func(Settings) (learn.Learner, error) { return learner, nil }}
}

// made is a candidate that was made of a source.
type made struct {
	entry    Entry
	source   int
	settings Settings
}

// candidates makes every source's, taking turns.
func candidates(sources []Source, plan Plan) ([]made, error) {
	var perSource [][]made
	total, longest := 0, 0
	for k, source := range sources {
		if err := source.check(plan); err != nil {
			return nil, err
		}
		settings, err := source.settings(plan, uint64(k)) //nolint:gosec // a place
		if err != nil {
			return nil, fault.Errorf(fault.KindOf(err), "%s: %w", source.Name, err)
		}
		var list []made
		for _, s := range settings {
			learner, err := source.Make(s)
			if err != nil {
				return nil, fault.Errorf(fault.KindOf(err), "%s: %w", source.Name, err)
			}
			list = append(list, made{entry: Entry{Name: source.Name, Params: s.Params(), Learner: learner}, source: k, settings: s})
		}
		perSource = append(perSource, list)
		total, longest = total+len(list), max(longest, len(list))
	}
	if total > maxCandidates {
		return nil, fault.Errorf(fault.Invalid, "there are %d candidates, at most %d are tried: list fewer values", total, maxCandidates)
	}
	var all []made
	for _, late := range []bool{false, true} {
		for turn := range longest {
			for k, list := range perSource {
				if turn < len(list) && sources[k].Late == late {
					all = append(all, list[turn])
				}
			}
		}
	}
	if len(all) == 0 {
		return nil, fault.Errorf(fault.Invalid, "there is no candidate to choose from: list at least one")
	}
	return all, nil
}

func (s Source) check(plan Plan) error {
	switch {
	case s.Name == "" || s.Make == nil:
		return fault.Errorf(fault.Invalid, "a candidate needs a name and a learner")
	case s.Resource == "" || plan.Strategy != Halving:
		return nil
	}
	for _, p := range s.Space {
		if p.Name == s.Resource {
			return nil
		}
	}
	return fault.Errorf(fault.Invalid, "%s: halving is to grow %q, and nothing says how many there are in the end: list the setting", s.Name, s.Resource)
}

func (s Source) settings(plan Plan, stream uint64) ([]Settings, error) {
	if plan.Strategy == Grid || len(s.Space) == 0 {
		return s.Space.Grid()
	}
	return s.Space.Draw(plan.Tries, plan.Seed+stream*0x9e3779b97f4a7c15)
}
