package stage

import "dasier/ml/forest"

// Trees is an ensemble of trees, of which each score is a cell.
type Trees struct {
	features, outputs int
	forest            *forest.Forest
}

// NewTrees checks and lays out an ensemble for rows of so many features.
func NewTrees(t *forest.Trees, features int) (*Trees, error) {
	if err := t.Check(features, len(t.Base)); err != nil {
		return nil, err
	}
	return &Trees{features: features, outputs: len(t.Base), forest: forest.Compile(t, len(t.Base))}, nil
}

// Check wants the features that the trees were checked for.
func (t *Trees) Check(in int) (int, error) {
	if in != t.features {
		return 0, wrong("the trees were checked for %d features, there are %d cells", t.features, in)
	}
	return t.outputs, nil
}

// Work is room for the features as the trees compare them.
func (t *Trees) Work(in int) int { return t.forest.Work(in) }

// Apply walks the trees.
func (t *Trees) Apply(in, out, work []float64) {
	t.forest.Scores(in, out, work)
}

// Forest is the ensemble, for those who write it in another language.
func (t *Trees) Forest() *forest.Forest { return t.forest }
