package sklearn

import (
	"slices"

	"dasier/ml/pickle"
)

// transformer reads one kind of transformer: what it makes of a design.
type transformer func(p part, d *design) (*design, error)

// transformerOf finds the reader of a class, family by family; nil when none
// has it.
func (r *reader) transformerOf(class string) transformer {
	for _, family := range []func(string) transformer{
		scalerFamily, functionFamily, encoderFamily, r.imputerFamily, expandFamily, projectFamily, r.selectFamily, textFamily,
	} {
		if t := family(class); t != nil {
			return t
		}
	}
	switch class {
	case "KMeans", "MiniBatchKMeans", "BisectingKMeans", "Birch", "VotingRegressor", "VotingClassifier", "StackingRegressor", "StackingClassifier":
		return r.alsoTransforms
	}
	return nil
}

// alsoTransforms reads an estimator in the middle of a pipeline: its own
// "transform" is what comes behind it.
func (r *reader) alsoTransforms(p part, d *design) (*design, error) {
	said, err := r.estimate(p, d)
	if err != nil {
		return nil, err
	}
	for _, o := range said.outputs {
		if o.name == "transform" {
			return d.with(columnsOf(o.cells, numberedNames(p, len(o.cells)))).dense(), nil
		}
	}
	return nil, p.wrong("it stands in the middle of a pipeline, and what it makes of rows there is not read")
}

const whatToDo = "Do it to the data before training, or use one of the parts that docs/compat/models.md lists"

// chosen gives the columns that a selection means: names, places, a slice, a
// mask.
func chosen(p part, v any, names []string) ([]int, error) {
	n := len(names)
	one := func(item any) (int, error) {
		switch item := item.(type) {
		case string:
			if i := slices.Index(names, item); i >= 0 {
				return i, nil
			}
			return 0, p.wrong("it takes the column %q, which it was not fitted with", item)
		case int64:
			if item < 0 {
				item += int64(n)
			}
			if item < 0 || item >= int64(n) {
				return 0, p.wrong("it takes column %d, there are %d", item, n)
			}
			return int(item), nil
		}
		return 0, p.wrong("it takes the column %v, which is neither a name nor a place", item)
	}
	if o, ok := v.(*pickle.Object); ok && o.Class.Name == "slice" && len(o.Args) == 3 {
		return sliced(o.Args, n, one)
	}
	items, ok := pickle.Items(v)
	if !ok {
		i, err := one(v)
		return []int{i}, err
	}
	if len(items) > 0 {
		if _, isMask := items[0].(bool); isMask {
			var places []int
			for i, item := range items {
				if item == true && i < n {
					places = append(places, i)
				}
			}
			return places, nil
		}
	}
	places := make([]int, len(items))
	for k, item := range items {
		i, err := one(item)
		if err != nil {
			return nil, err
		}
		places[k] = i
	}
	return places, nil
}

// sliced reads slice(from, to, step): of names it includes the end, of places
// it does not.
func sliced(args []any, n int, one func(any) (int, error)) ([]int, error) {
	from, to, step := 0, n, 1
	if args[0] != nil {
		i, err := one(args[0])
		if err != nil {
			return nil, err
		}
		from = i
	}
	switch end := args[1].(type) {
	case string:
		i, err := one(end)
		if err != nil {
			return nil, err
		}
		to = i + 1
	case int64:
		if end < 0 {
			end += int64(n)
		}
		to = int(min(max(end, 0), int64(n)))
	}
	if s, ok := args[2].(int64); ok && s > 0 {
		step = int(min(s, int64(n)+1))
	}
	var places []int
	for i := from; i < to; i += step {
		places = append(places, i)
	}
	return places, nil
}
