package sklearn

import (
	"slices"
	"strings"

	"dasier/ml/pickle"
	"dasier/ml/predict"
)

// Hint is what the file itself may not say.
type Hint struct {
	Target  string   // the name of what is predicted; default "prediction"
	Columns []string // the inputs' names, for models that were fitted without names
	// Object is where in the file the model stands: "model", "pipelines.best",
	// "0". Empty: it is looked for.
	Object string
}

// Facts describe what was read.
type Facts struct {
	Estimator string   // "RandomForestClassifier"
	Parts     []string // classes from the data to the estimator
	Writer    string   // "scikit-learn 1.2.1"
	Columns   []string // all that it was fitted on, in order
	Single    bool     // some part of it computes in float32
	Object    string   // where in the file it stood; empty: it is the file
	Notes     []string // what a person should know: what stands beside it and is not applied
}

// Read says a pickled model as a compiled one.
func Read(value any, hint Hint) (predict.Spec, Facts, error) {
	root, err := find(value, hint.Object)
	if err != nil {
		return predict.Spec{}, Facts{}, err
	}
	spec := predict.Spec{Version: 1, Target: predict.Target{Name: hint.Target}}
	if hint.Target == "" {
		spec.Target.Name = "prediction"
	}
	r := &reader{times: map[*pickle.Object]int{}, facts: Facts{Object: root.part.path, Notes: root.notes}}
	before := root.precede(hint)
	r.facts.Notes = root.notes
	first := root
	if len(before) > 0 { // the model's own columns are made
		first.part, first.columns = before[0], nil
	}
	names, err := r.inputNames(first, hint)
	if err != nil {
		return predict.Spec{}, Facts{}, err
	}
	r.facts.Columns = names
	d := newDesign(names)
	for _, p := range before {
		r.note(p.class())
		if d, err = r.transform(p, d, 0); err != nil {
			return predict.Spec{}, Facts{}, err
		}
	}
	said, err := r.follow(root.part, d, 0)
	if err != nil {
		return predict.Spec{}, Facts{}, err
	}
	r.relabel(root, &said)
	if err := d.builder.conclude(root.part, &said, &spec); err != nil {
		return predict.Spec{}, Facts{}, err
	}
	r.facts.Writer = writer(root.part)
	for k := range spec.Readings {
		r.facts.Single = r.facts.Single || spec.Readings[k].Single
	}
	return spec, r.facts, nil
}

// writer is the version that a model was saved by: that of the outermost part
// that tells one.
func writer(p part) string {
	for range maxNesting {
		if version := p.text("_sklearn_version"); version != "" {
			return "scikit-learn " + version
		}
		next, ok := within(p)
		if !ok {
			break
		}
		p = next
	}
	return ""
}

// Parts may be shared, so that a small file can mean a large model: how many
// parts one is followed through is bounded, and how often it comes to one.
const (
	maxFollowed = 200_000
	maxTimes    = 32
)

// reader follows one model.
type reader struct {
	facts    Facts
	depth    int // of estimators inside estimators
	followed int
	times    map[*pickle.Object]int
	handles  map[*byte]bool // boosters' models that were read
	repeated int            // bytes of those that were read again
}

// spend counts a part.
func (r *reader) spend(p part) error {
	if r.followed++; r.followed > maxFollowed {
		return p.wrong("the model has more than %d parts", maxFollowed)
	}
	if r.times[p.Object]++; r.times[p.Object] > maxTimes {
		return p.wrong("it stands in more than %d places of the model", maxTimes)
	}
	return nil
}

// inside follows an estimator that another one is made of.
func (r *reader) inside(p part, d *design) (answer, error) {
	r.depth++
	defer func() { r.depth-- }()
	return r.follow(p, d, r.depth)
}

// note remembers a part for Facts: those inside others once.
func (r *reader) note(class string) {
	if r.depth == 0 || !slices.Contains(r.facts.Parts, class) {
		r.facts.Parts = append(r.facts.Parts, class)
	}
}

// follow goes through pipelines and what wraps one estimator to the estimator,
// or to the last transformer where there is none.
func (r *reader) follow(p part, d *design, depth int) (answer, error) {
	if depth > maxNesting || r.depth > maxNesting {
		return answer{}, p.wrong("parts nest deeper than %d, or in a circle", maxNesting)
	}
	if err := r.spend(p); err != nil {
		return answer{}, err
	}
	r.note(p.Class.Name)
	if p.class() == "Pipeline" {
		return r.pipeline(p, d, depth)
	}
	if attribute := wraps(p.class()); attribute != "" {
		inner, ok := p.child(attribute)
		if !ok {
			return answer{}, p.wrong("it has no %s: was it fitted%s?", attribute, refitted(attribute))
		}
		return r.follow(inner, d, depth+1)
	}
	if r.transforms(p.class()) && r.estimatorOf(p.class()) == nil { // what does both predicts at the end
		if r.depth == 0 {
			r.facts.Estimator = p.Class.Name
		}
		out, err := r.transform(p, d, depth+1)
		if err != nil {
			return answer{}, err
		}
		return transformed(p, out)
	}
	if err := fitted(p); err != nil {
		return answer{}, err
	}
	if r.depth == 0 {
		r.facts.Estimator = p.Class.Name
	}
	return r.estimate(p, d)
}

func (r *reader) pipeline(p part, d *design, depth int) (answer, error) {
	steps, err := pipelineSteps(p)
	if err != nil {
		return answer{}, err
	}
	if len(steps) == 0 {
		return answer{}, p.wrong("it has no steps")
	}
	for _, s := range steps[:len(steps)-1] {
		r.note(s.class())
		if d, err = r.transform(s, d, depth+1); err != nil {
			return answer{}, err
		}
	}
	return r.follow(steps[len(steps)-1], d, depth+1)
}

// wraps is the attribute with the one estimator that a part does nothing but
// hold; empty for other parts.
func wraps(class string) string {
	switch class {
	case "GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV", "BayesSearchCV", "OptunaSearchCV":
		return "best_estimator_"
	case "FrozenEstimator":
		return "estimator"
	}
	return ""
}

func refitted(attribute string) string {
	if attribute == "best_estimator_" {
		return ", with refit=True"
	}
	return ""
}

const neverFitted = "it was never fitted: the file holds its settings only. Call fit before saving it"

// fitted refuses a part that holds settings only.
func fitted(p part) error {
	state, ok := p.State.(*pickle.Dict)
	if !ok || !strings.HasPrefix(p.Class.Module, "sklearn.") {
		return nil
	}
	for key := range state.All {
		if name, ok := key.(string); ok && strings.HasSuffix(name, "_") && !strings.HasPrefix(name, "__") {
			return nil
		}
	}
	if _, histogram := p.attribute("_predictors"); histogram {
		return nil
	}
	return p.wrong(neverFitted)
}

// fittedWithin is fitted for the parts of a pipeline and of what wraps an
// estimator.
func fittedWithin(p part, depth int, looked *int) error {
	switch attribute := wraps(p.class()); {
	case depth > maxNesting, *looked > maxLooked:
		return nil
	case stateless(p.class()):
		return nil
	case p.class() == "Pipeline":
		steps, err := pipelineSteps(p)
		if err != nil {
			return err
		}
		for _, step := range steps {
			if stateless(step.class()) {
				continue
			}
			if *looked++; *looked > maxLooked { // a step may stand in many places
				return nil
			}
			if err := fittedWithin(step, depth+1, looked); err != nil {
				return err
			}
		}
		return nil
	case attribute != "":
		inner, ok := p.child(attribute)
		if !ok {
			return p.wrong("it has no %s: was it fitted%s?", attribute, refitted(attribute))
		}
		return fittedWithin(inner, depth+1, looked)
	case p.class() == "FeatureUnion", p.class() == "Booster":
		return nil
	}
	if top, _, _ := strings.Cut(p.Class.Module, "."); (top == "xgboost" || top == "lightgbm") && p.get("_Booster") == nil {
		return p.wrong(neverFitted)
	}
	return fitted(p)
}

// stateless tells transformers that learn nothing.
func stateless(class string) bool {
	switch class {
	case "FunctionTransformer", "Normalizer", "Binarizer":
		return true
	}
	return false
}

// transformed is what a model answers that ends in a transformer: its columns.
func transformed(p part, d *design) (answer, error) {
	for j := range d.columns {
		if c := &d.columns[j]; c.text() && d.in(c).texts {
			return answer{}, p.wrong("what it makes of the column %q are texts, and an answer is numbers: put the encoder behind it and save both as a pipeline", c.name)
		}
	}
	if len(d.columns) == 0 {
		return answer{}, p.wrong("no column is left of its %d", len(d.builder.inputs))
	}
	cells, err := d.materialize(p, takesMissing)
	if err != nil {
		return answer{}, err
	}
	a := answer{task: predict.TaskVector, scores: cells}
	for j := range d.columns {
		a.targets = append(a.targets, d.columns[j].name)
	}
	return a, nil
}
