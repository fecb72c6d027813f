package sklearn

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"dasier/ml/stage"
)

// projectFamily are the transformers whose columns are sums over all columns,
// or kernels of them.
func projectFamily(class string) transformer {
	switch class {
	case "PCA", "IncrementalPCA":
		return principal
	case "TruncatedSVD", "GaussianRandomProjection", "SparseRandomProjection", "NeighborhoodComponentsAnalysis":
		return plainProjection
	case "FastICA":
		return fastICA
	case "FactorAnalysis":
		return factorAnalysis
	case "SparsePCA", "MiniBatchSparsePCA":
		return sparsePCA
	case "KernelPCA":
		return kernelPCA
	case "LinearDiscriminantAnalysis":
		return discriminants
	case "Nystroem":
		return nystroem
	case "RBFSampler":
		return rbfSampler
	case "NMF", "MiniBatchNMF", "LatentDirichletAllocation", "DictionaryLearning", "MiniBatchDictionaryLearning":
		return func(p part, _ *design) (*design, error) {
			return nil, p.wrong("what it makes of a row is found by iterating over all rows of a table at once, until all of them together hardly change: the same row comes out differently in another table. Use PCA or TruncatedSVD, or transform the data before training")
		}
	case "FeatureHasher":
		return func(p part, _ *design) (*design, error) {
			return nil, p.wrong("it makes numbers of dicts by their hashes, which is not read. Compute the columns before training, and train on them")
		}
	case "MultiLabelBinarizer":
		return func(p part, _ *design) (*design, error) {
			return nil, p.wrong("it takes a list of labels per row, and an input here is one value. Send an indicator column per label instead")
		}
	}
	return nil
}

// projected puts a design through (x - center)·weightsᵀ + bias, under the names
// that scikit-learn gives.
func projected(p part, d *design, center []float64, weights matrix, bias []float64) (*design, error) {
	if weights.columns != len(d.columns) || center != nil && len(center) != weights.columns {
		return nil, p.wrong("it projects %d columns, with %d centres; there are %d", weights.columns, len(center), len(d.columns))
	}
	if bias == nil {
		bias = make([]float64, weights.rows)
	}
	if center == nil {
		var err error
		if d, weights, err = d.fold(p, weights); err != nil {
			return nil, err
		}
	}
	do := &stage.Affine{Center: center, Weights: weights.values, Bias: bias}
	return d.through(p, do, refusesMissing, numberedNames(p, weights.rows))
}

func numberedNames(p part, n int) []string {
	names := make([]string, n)
	for k := range names {
		names[k] = fmt.Sprintf("%s%d", strings.ToLower(p.class()), k)
	}
	return names
}

// principal projects on the components of the variance.
func principal(p part, d *design) (*design, error) {
	weights, err := p.matrix("components_")
	if err != nil {
		return nil, err
	}
	var mean []float64
	if p.get("mean_") != nil {
		if mean, err = p.exactly("mean_", weights.columns); err != nil {
			return nil, err
		}
	}
	if p.truth("whiten", false) {
		variance, err := p.exactly("explained_variance_", weights.rows)
		if err != nil {
			return nil, err
		}
		const least = 2.220446049250313e-16 // since 1.5 a standard deviation below is none
		for r, v := range variance {
			deviation := math.Sqrt(v)
			if deviation < least && p.version() >= 105 {
				deviation = math.Inf(1)
			}
			for c := range weights.columns {
				weights.values[r*weights.columns+c] /= deviation
			}
		}
	}
	return projected(p, d, mean, weights, nil)
}

func plainProjection(p part, d *design) (*design, error) {
	weights, err := p.matrix("components_")
	if err != nil {
		return nil, err
	}
	return projected(p, d, nil, weights, nil)
}

func fastICA(p part, d *design) (*design, error) {
	weights, err := p.matrix("components_")
	if err != nil {
		return nil, err
	}
	var mean []float64
	if whiten := p.get("whiten"); whiten != false && whiten != nil && p.get("mean_") != nil {
		if mean, err = p.exactly("mean_", weights.columns); err != nil {
			return nil, err
		}
	}
	return projected(p, d, mean, weights, nil)
}

// mostComponents bounds those that are multiplied with each other, and the result
// inverted: a small file may have a million of one column.
const mostComponents = 4096

// factorAnalysis gives the mean of the factors (Barber, 21.2.33): with W the
// components over the noise, (x - mean)·Wᵀ·(I + W·componentsᵀ)⁻¹.
func factorAnalysis(p part, d *design) (*design, error) {
	components, err := p.matrix("components_")
	if err != nil {
		return nil, err
	}
	noise, err := p.exactly("noise_variance_", components.columns)
	if err != nil {
		return nil, err
	}
	mean, err := p.exactly("mean_", components.columns)
	if err != nil {
		return nil, err
	}
	scaled := matrix{components.rows, components.columns, make([]float64, len(components.values))}
	for k, x := range components.values {
		scaled.values[k] = x / noise[k%components.columns]
	}
	if components.rows > mostComponents {
		return nil, p.wrong("it has %d components: at most %d are read", components.rows, mostComponents)
	}
	inner := scaled.times(components.transposed())
	for r := range inner.rows {
		inner.values[r*inner.columns+r]++
	}
	inverse, err := inner.inverse(p)
	if err != nil {
		return nil, err
	}
	transposed := inverse.transposed()
	return projected(p, d, mean, transposed.times(scaled), nil)
}

// sparsePCA is a ridge regression of the row on the components.
func sparsePCA(p part, d *design) (*design, error) {
	if v := p.version(); v > 0 && v < 22 && !p.truth("normalize_components", true) {
		return nil, p.wrong("it divides its columns by their length over the whole table that is transformed (normalize_components=False): the same row comes out differently in another table. Fit it with normalize_components=True, or with scikit-learn 0.22 or later")
	}
	components, err := p.matrix("components_")
	if err != nil {
		return nil, err
	}
	alpha, err := p.number("ridge_alpha")
	if err != nil {
		return nil, err
	}
	mean, err := p.exactly("mean_", components.columns)
	if err != nil {
		return nil, err
	}
	if components.rows > mostComponents {
		return nil, p.wrong("it has %d components: at most %d are read", components.rows, mostComponents)
	}
	inner := components.times(components.transposed())
	for r := range inner.rows {
		inner.values[r*inner.columns+r] += alpha
	}
	inverse, err := inner.inverse(p)
	if err != nil {
		return nil, err
	}
	return projected(p, d, mean, inverse.times(components), nil)
}

// times multiplies two matrices that fit.
func (m matrix) times(o matrix) matrix {
	out := matrix{m.rows, o.columns, make([]float64, m.rows*o.columns)}
	for r := range m.rows {
		for k, x := range m.row(r) {
			for c, y := range o.row(k) {
				out.values[r*o.columns+c] += x * y
			}
		}
	}
	return out
}

// inverse of a square matrix.
func (m matrix) inverse(p part) (matrix, error) {
	if m.rows == 0 {
		return m, nil
	}
	var out mat.Dense
	if err := out.Inverse(mat.NewDense(m.rows, m.columns, m.values)); err != nil {
		return matrix{}, p.wrong("a matrix of it has no inverse: %v", err)
	}
	inverse := matrix{rows: m.rows, columns: m.columns}
	for r := range m.rows {
		inverse.values = append(inverse.values, out.RawRowView(r)...)
	}
	return inverse, nil
}

// discriminants projects on the directions that tell the classes apart best.
func discriminants(p part, d *design) (*design, error) {
	scalings, err := p.matrix("scalings_")
	if err != nil {
		return nil, p.wrong("it gives no columns with the solver %q, which computes none: use \"svd\" or \"eigen\"", p.text("solver"))
	}
	keep, err := p.number("_max_components")
	if err != nil {
		return nil, err
	}
	weights := scalings.transposed()
	weights.rows = upTo(max(keep, 1), weights.rows)
	weights.values = weights.values[:weights.rows*weights.columns]
	var center []float64
	if solver := p.text("solver"); solver == "svd" || solver == "" {
		if center, err = p.exactly("xbar_", weights.columns); err != nil {
			return nil, err
		}
	}
	return projected(p, d, center, weights, nil)
}

// kernelPCA centres the kernel of the row with every row of the training data
// as those were, and projects it on the eigenvectors. Both are sums over the
// kernel, and so is what they come to.
func kernelPCA(p part, d *design) (*design, error) {
	rows, err := p.table("X_fit_", len(d.columns))
	if err != nil {
		return nil, err
	}
	centerer, ok := p.child("_centerer")
	if !ok {
		return nil, p.wrong("it has no centre: was it fitted?")
	}
	means, err := centerer.exactly("K_fit_rows_", rows.rows)
	if err != nil {
		return nil, err
	}
	all, err := centerer.number("K_fit_all_")
	if err != nil {
		return nil, err
	}
	values, vectors := "eigenvalues_", "eigenvectors_"
	if p.get(values) == nil { // before 1.0
		values, vectors = "lambdas_", "alphas_"
	}
	eigenvectors, err := p.matrix(vectors)
	if err != nil {
		return nil, err
	}
	eigenvalues, err := p.exactly(values, eigenvectors.columns)
	if err != nil {
		return nil, err
	}
	if eigenvectors.rows != rows.rows {
		return nil, p.wrong("it has %d eigenvectors of %d rows", eigenvectors.columns, eigenvectors.rows)
	}
	weights, bias := eigenvectors.transposed(), make([]float64, eigenvectors.columns)
	for k, v := range eigenvalues {
		row, sum := weights.row(k), 0.0
		for i := range row {
			if v == 0 {
				row[i] = 0
				continue
			}
			row[i] /= math.Sqrt(v)
			sum += row[i]
			bias[k] += row[i] * (all - means[i])
		}
		for i := range row { // less the mean over the row's own kernels
			row[i] -= sum / float64(len(row))
		}
	}
	return kernels(p, d, rows, "gamma_", weights, bias)
}

// nystroem approximates a kernel by some rows of the training data.
func nystroem(p part, d *design) (*design, error) {
	rows, err := p.table("components_", len(d.columns))
	if err != nil {
		return nil, err
	}
	weights, err := p.matrix("normalization_")
	if err != nil {
		return nil, err
	}
	return kernels(p, d, rows, "gamma", weights, make([]float64, weights.rows))
}

// kernels puts a design through sums over its kernel with rows.
func kernels(p part, d *design, rows matrix, gamma string, weights matrix, bias []float64) (*design, error) {
	kernel, err := p.kernel(len(d.columns), gamma)
	if err != nil {
		return nil, err
	}
	if p.get("coef0") == nil {
		kernel.Coef0 = 1
	}
	do := &stage.KernelSum{Kernel: kernel, Vectors: rows.values, Bias: bias}
	for k := range weights.rows {
		do.Terms = append(do.Terms, stage.KernelTerm{Out: k, Weights: weights.row(k)})
	}
	return d.through(p, do, refusesMissing, numberedNames(p, weights.rows))
}

// rbfSampler approximates a kernel by random waves.
func rbfSampler(p part, d *design) (*design, error) {
	weights, err := p.matrix("random_weights_")
	if err != nil {
		return nil, err
	}
	offsets, err := p.exactly("random_offset_", weights.columns)
	if err != nil {
		return nil, err
	}
	waves, err := projected(p, d, nil, weights.transposed(), offsets)
	if err != nil {
		return nil, err
	}
	size := math.Sqrt(2) / math.Sqrt(float64(weights.columns))
	return waves.each(p, func(int) []stage.Step { return []stage.Step{{Op: "cos"}, {Op: "mul", A: size}} })
}
