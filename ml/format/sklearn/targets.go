package sklearn

import (
	"strings"

	"dasier/ml/pickle"
	"dasier/ml/predict"
)

// labelsOfTargets are the classes of a classifier of several targets, each its
// own: classes_ is a list of arrays.
func (p part) labelsOfTargets() ([][]string, error) {
	items, err := p.items("classes_")
	if err != nil {
		return nil, err
	}
	list := make([][]string, len(items))
	for t, item := range items {
		classes, ok := pickle.Items(item)
		if !ok || len(classes) == 0 {
			return nil, p.wrong("target %d has no classes", t)
		}
		for _, class := range classes {
			text, missing, ok := label(class)
			if !ok || missing {
				return nil, p.wrong("target %d has the class %v: classes must be texts or numbers", t, class)
			}
			list[t] = append(list[t], text)
		}
	}
	return list, nil
}

// severalTargets answers the classes chosen of several targets, as numbers.
func severalTargets(p part, d *design, targets []answer) (answer, error) {
	a := answer{task: predict.TaskVector}
	for t := range targets {
		for _, class := range targets[t].classes {
			if !isNumber(class) {
				return answer{}, p.wrong("it chooses classes of %d targets at once, and %q is no number: train one model per target", len(targets), class)
			}
		}
		one := inner{part: p, answer: targets[t]}
		number, err := d.classAsNumber(&one)
		if err != nil {
			return answer{}, err
		}
		a.scores = append(a.scores, number)
	}
	return a, nil
}

// multilabel tells whether a classifier chooses any number of labels at once.
func (p part) multilabel() bool {
	binarizer, ok := p.child("_label_binarizer")
	return ok && strings.HasPrefix(binarizer.text("y_type_"), "multilabel")
}
