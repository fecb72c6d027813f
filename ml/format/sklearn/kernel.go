package sklearn

import (
	"slices"

	"dasier/ml/predict"
	"dasier/ml/stage"
)

func (r *reader) kernelFamily(class string) estimator {
	switch class {
	case "SVR", "NuSVR":
		return r.vectorRegression
	case "SVC", "NuSVC":
		return r.vectorClassifier
	case "OneClassSVM":
		return r.oneClass
	case "KernelRidge":
		return r.kernelRidge
	case "GaussianProcessRegressor":
		return r.gaussianProcess
	}
	return nil
}

// vectors are what a support vector machine holds.
type vectors struct {
	kernel  stage.Kernel
	support matrix
	dual    matrix
	bias    []float64
}

func (p part) vectors(d *design) (vectors, error) {
	var out vectors
	var err error
	n := len(d.columns)
	if out.kernel, err = p.kernel(n, "_gamma"); err != nil {
		return out, err
	}
	if out.support, err = p.table("support_vectors_", n); err != nil {
		return out, err
	}
	if out.dual, err = p.table("dual_coef_", out.support.rows); err != nil {
		return out, err
	}
	out.bias, err = p.floats("intercept_")
	return out, err
}

// kernel is an estimator's, with its defaults filled in. Machines keep the gamma
// that "scale" and "auto" came to.
func (p part) kernel(columns int, resolved string) (stage.Kernel, error) {
	kind, ok := p.get("kernel").(string)
	switch {
	case !ok:
		return stage.Kernel{}, p.wrong("its kernel is a function of its own, which a file does not hold: use \"rbf\", \"linear\", \"poly\" or \"sigmoid\"")
	case kind == "precomputed":
		return stage.Kernel{}, p.wrong("its kernel is precomputed: it takes no columns but similarities to its training rows. Fit it with kernel=\"rbf\" or another by name")
	case kind == "polynomial":
		kind = stage.KernelPolynomial
	}
	if !stage.IsKernel(kind) {
		return stage.Kernel{}, p.wrong("its kernel %q is not read", kind)
	}
	k := stage.Kernel{Kind: kind, Degree: 3, Gamma: 1 / float64(max(columns, 1))}
	if kind == stage.KernelChi2 {
		k.Gamma = 1
	}
	for name, to := range map[string]*float64{"degree": &k.Degree, "coef0": &k.Coef0} {
		if p.get(name) == nil {
			continue
		}
		x, err := p.number(name)
		if err != nil {
			return k, err
		}
		*to = x
	}
	for _, name := range []string{"gamma", resolved} {
		v := p.get(name)
		if text, isText := v.(string); isText {
			// "auto_deprecated" was the default of 0.20 and 0.21, and is "auto".
			if text != "auto" && text != "auto_deprecated" && text != "scale" || text == "scale" && p.get(resolved) == nil {
				return k, p.wrong("its gamma is %q, and what that came to is not in the file", text)
			}
			continue
		}
		if v != nil {
			x, err := p.number(name)
			if err != nil {
				return k, err
			}
			k.Gamma = x
		}
	}
	return k, nil
}

// sum is the one weighted sum of a machine's kernels.
func (v *vectors) sum(p part) (*stage.KernelSum, error) {
	if v.dual.rows != 1 || len(v.bias) != 1 {
		return nil, p.wrong("it has %d rows of coefficients and %d intercepts", v.dual.rows, len(v.bias))
	}
	return &stage.KernelSum{
		Kernel: v.kernel, Vectors: v.support.values, Bias: v.bias, Terms: []stage.KernelTerm{{Weights: v.dual.values}},
	}, nil
}

// plane is the linear function that a linear kernel comes to.
func (v *vectors) plane() *predict.Linear {
	n := v.support.columns
	l := &predict.Linear{Bias: v.bias[0], Weights: make([]float64, n), Base: make([]float64, n)}
	for i := range v.support.rows {
		for j, x := range v.support.row(i) {
			l.Weights[j] += v.dual.values[i] * x
		}
	}
	return l
}

func (r *reader) vectorRegression(p part, d *design) (answer, error) {
	v, err := p.vectors(d)
	if err != nil {
		return answer{}, err
	}
	sum, err := v.sum(p)
	if err != nil {
		return answer{}, err
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	if v.kernel.Kind == stage.KernelLinear {
		return answer{task: predict.TaskRegression, takes: takes, linear: v.plane()}, nil
	}
	scores, err := d.builder.stage(p, sum, takes)
	return answer{task: predict.TaskRegression, scores: scores}, err
}

func (r *reader) oneClass(p part, d *design) (answer, error) {
	v, err := p.vectors(d)
	if err != nil {
		return answer{}, err
	}
	sum, err := v.sum(p)
	if err != nil {
		return answer{}, err
	}
	offset := []float64{-v.bias[0]} // of scikit-learn before 0.20, too
	if p.get("offset_") != nil {
		if offset, err = p.exactly("offset_", 1); err != nil {
			return answer{}, err
		}
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	decision, err := d.builder.stage(p, sum, takes)
	if err != nil {
		return answer{}, err
	}
	scores, err := stepwise(p, d.builder, [][]stage.Step{{{Op: "add", A: offset[0]}}}, decision)
	return answer{ // libsvm: above 0 is inside
		task: predict.TaskBinary, classes: []string{"-1", "1"}, link: predict.Decision, scores: decision,
		outputs: []named{{"decision_function", decision}, {"score_samples", scores}},
	}, err
}

// kernelRidge reads kernel ridge regression; its gamma is 1 over the columns by
// default.
func (r *reader) kernelRidge(p part, d *design) (answer, error) {
	kernel, err := p.kernel(len(d.columns), "")
	if err != nil {
		return answer{}, err
	}
	points, err := p.table("X_fit_", len(d.columns))
	if err != nil {
		return answer{}, err
	}
	dual, err := p.matrix("dual_coef_")
	if err != nil {
		return answer{}, err
	}
	if dual.rows > 1 && dual.rows == points.rows || dual.columns != points.rows {
		dual = dual.transposed() // (rows, targets)
	}
	if dual.columns != points.rows {
		return answer{}, p.wrong("it has %d coefficients for %d rows", dual.rows, points.rows)
	}
	sum := &stage.KernelSum{Kernel: kernel, Vectors: points.values, Bias: make([]float64, dual.rows)}
	for t := range dual.rows {
		sum.Terms = append(sum.Terms, stage.KernelTerm{Out: t, Weights: dual.row(t)})
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	scores, err := d.builder.stage(p, sum, takes)
	return numbers(scores), err
}

// numbers is the answer of a regression of one target or several.
func numbers(scores []cell) answer {
	if len(scores) == 1 {
		return answer{task: predict.TaskRegression, scores: scores}
	}
	return answer{task: predict.TaskVector, scores: scores}
}

func (r *reader) vectorClassifier(p part, d *design) (answer, error) {
	labels, err := p.labels()
	if err != nil {
		return answer{}, err
	}
	v, err := p.vectors(d)
	if err != nil {
		return answer{}, err
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	if len(labels) == 2 {
		return r.twoClasses(p, d, labels, &v, takes)
	}
	pairs, err := v.pairs(p, len(labels))
	if err != nil {
		return answer{}, err
	}
	votes, err := d.builder.stage(p, pairs, takes)
	if err != nil {
		return answer{}, err
	}
	return r.manyClasses(p, d, labels, votes)
}

// twoClasses answers for one pair. What the file shows as coefficients are the
// negatives of libsvm's: above 0 is the second class.
func (r *reader) twoClasses(p part, d *design, labels []string, v *vectors, takes []cell) (answer, error) {
	sum, err := v.sum(p)
	if err != nil {
		return answer{}, err
	}
	a := answer{task: predict.TaskBinary, classes: labels, link: predict.Decision}
	coupling, err := p.coupling(2)
	if err != nil {
		return answer{}, err
	}
	if coupling == nil && v.kernel.Kind == stage.KernelLinear {
		a.takes, a.linear = takes, v.plane()
		return a, nil
	}
	b := d.builder
	if a.scores, err = b.stage(p, sum, takes); err != nil || coupling == nil {
		return a, err
	}
	a.outputs = []named{{"decision_function", a.scores}}
	libsvm, err := stepwise(p, b, [][]stage.Step{{{Op: "negative"}}}, a.scores)
	if err != nil {
		return answer{}, err
	}
	place, err := b.stage(p, stage.Votes{Classes: 2}, libsvm)
	if err != nil {
		return answer{}, err
	}
	probabilities, err := b.stage(p, coupling, libsvm)
	if err != nil {
		return answer{}, err
	}
	a.link, a.scores, a.chosen = "", probabilities[1:], &place[0] // Platt's may tell another class than the votes
	return a, nil
}

func (r *reader) manyClasses(p part, d *design, labels []string, votes []cell) (answer, error) {
	b := d.builder
	a := answer{task: predict.TaskMulticlass, classes: labels, link: predict.Decision}
	all, err := b.stage(p, stage.OneVsRest{Classes: len(labels)}, votes)
	if err != nil {
		return answer{}, err
	}
	a.scores = all
	shape := p.text("decision_function_shape")
	a.outputs = []named{{"decision_function", all}}
	if shape == "ovo" {
		a.outputs = []named{{"decision_function", votes}}
	}
	var place []cell
	if p.truth("break_ties", false) && shape != "ovo" {
		place, err = b.stage(p, stage.Largest{}, all)
	} else {
		place, err = b.stage(p, stage.Votes{Classes: len(labels)}, votes)
	}
	if err != nil {
		return answer{}, err
	}
	a.chosen = &place[0]
	coupling, err := p.coupling(len(labels))
	if err != nil || coupling == nil {
		return a, err
	}
	a.link = ""
	a.scores, err = b.stage(p, coupling, votes)
	return a, err
}

// pairs are the decisions of every class against every later one: dual_coef_
// has, for the vectors of a class, a row per other class.
func (v *vectors) pairs(p part, classes int) (*stage.KernelSum, error) {
	name := "_n_support"
	if p.get(name) == nil {
		name = "n_support_" // before 0.22
	}
	counts, err := p.exactly(name, classes)
	if err != nil {
		return nil, err
	}
	starts := make([]int, classes+1)
	for k, n := range counts {
		if !(n >= 0 && n <= float64(v.support.rows)) {
			return nil, p.wrong("class %d has %v support vectors of %d", k, n, v.support.rows)
		}
		starts[k+1] = starts[k] + int(n)
	}
	if starts[classes] != v.support.rows || v.dual.rows != classes-1 || len(v.bias) != classes*(classes-1)/2 {
		return nil, p.wrong("it has %d support vectors, %d rows of coefficients and %d intercepts for %d classes", v.support.rows, v.dual.rows, len(v.bias), classes)
	}
	sum := &stage.KernelSum{Kernel: v.kernel, Vectors: v.support.values, Bias: v.bias}
	pair := 0
	for i := range classes {
		for j := i + 1; j < classes; j++ {
			sum.Terms = append(sum.Terms,
				stage.KernelTerm{Out: pair, From: starts[i], Weights: v.dual.row(j - 1)[starts[i]:starts[i+1]]},
				stage.KernelTerm{Out: pair, From: starts[j], Weights: v.dual.row(i)[starts[j]:starts[j+1]]})
			pair++
		}
	}
	return sum, nil
}

// coupling is Platt's sigmoids, where the machine was fitted with
// probability=True.
func (p part) coupling(classes int) (*stage.Coupling, error) {
	a, b := "_probA", "_probB"
	if p.get(a) == nil {
		a, b = "probA_", "probB_" // before 0.23
	}
	if p.get(a) == nil {
		return nil, nil //nolint:nilnil // there are no probabilities
	}
	slopes, err := p.floats(a)
	if err != nil || len(slopes) == 0 {
		return nil, err
	}
	offsets, err := p.exactly(b, len(slopes))
	if err != nil {
		return nil, err
	}
	return &stage.Coupling{Classes: classes, A: slopes, B: slices.Clone(offsets)}, nil
}
