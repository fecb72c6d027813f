package sklearn

import "dasier/ml/pickle"

// estimator reads one kind of estimator: what it says of a design.
type estimator func(p part, d *design) (answer, error)

// estimatorOf finds the reader of a class, family by family; nil when none has
// it.
func (r *reader) estimatorOf(class string) estimator {
	for _, family := range []func(string) estimator{
		r.linearFamily, r.linearClassFamily, r.treeFamily, r.boostingFamily, r.kernelFamily, r.neighbourFamily, r.bayesFamily,
		r.networkFamily, r.clusterFamily, r.anomalyFamily, r.dummyFamily, r.refusedFamily, r.metaFamily, r.selectionFamily,
	} {
		if e := family(class); e != nil {
			return e
		}
	}
	return nil
}

// estimate says an estimator.
func (r *reader) estimate(p part, d *design) (answer, error) {
	if e := r.estimatorOf(p.class()); e != nil {
		r.facts.Single = r.facts.Single || single(p)
		return e(p, d)
	}
	return answer{}, p.unsupported("docs/compat/models.md lists what is")
}

// single tells whether a model's numbers are float32: of float32 rows its system
// computes in float32 then, and in float64 of others.
func single(p part) bool {
	for _, name := range []string{"coef_", "coefs_", "cluster_centers_"} {
		v := p.get(name)
		if items, ok := v.(*pickle.List); ok && len(items.Items) > 0 {
			v = items.Items[0]
		}
		if a, ok := v.(*pickle.Array); ok && a.DType.Kind == 'f' && a.DType.Size == 4 {
			return true
		}
	}
	return false
}

func repeat(x float64, n int) []float64 {
	values := make([]float64, n)
	for k := range values {
		values[k] = x
	}
	return values
}
