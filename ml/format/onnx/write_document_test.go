package onnx_test

import (
	"fmt"
	"strings"
)

// documentOf is what is written and what is refused.
func documentOf(models []*written) string {
	var rows, refusals strings.Builder
	double, single, refused := 0, 0, 0
	for _, m := range models {
		outcome := "equal to 1e-12"
		switch {
		case m.refused != "":
			refused++
			reason := strings.TrimPrefix(m.refused, "the model is not written as ONNX: ")
			reason, _, _ = strings.Cut(reason, "; deploy")
			fmt.Fprintf(&refusals, "| %s | %s | %s |\n", m.estimator, m.name, strings.ReplaceAll(reason, "|", "\\|"))
			continue
		case m.single:
			single++
			outcome = "equal as far as its float32 goes"
		default:
			double++
		}
		fmt.Fprintf(&rows, "| %s | %s | %s |\n", m.estimator, m.name, outcome)
	}
	return strings.ReplaceAll(preface, "´", "`") +
		"\n## The set\n\n| | models |\n|---|---|\n" +
		fmt.Sprintf("| written, equal to 1e-12 | %d |\n| written, equal as far as the source's float32 goes (2e-6) | %d |\n| refused | %d |\n", double, single, refused) +
		"\n## Refused\n\n| estimator | file | because |\n|---|---|---|\n" + refusals.String() +
		"\n## Written\n\n| estimator | file | ONNX Runtime and our own reader |\n|---|---|---|\n" + rows.String()
}

const preface = `# Models that are written as ONNX

´dasier model convert´ writes a package, or a model file of another system, as ONNX. What ONNX cannot say is refused by name; nothing is
approximated. A test writes this page (´go test ./ml/format/onnx -run TestSet -update´): it writes every model of the set of scikit-learn 1.2.1,
XGBoost and LightGBM files that we read, answers its reference rows, mixtures of them, rows with missing values and with unknown categories in ONNX
Runtime 1.30 and with our own reader, and compares every number and label with the model's own answer. A number may differ by 1e-12 of the largest
of its column.

## The graph

One input of shape [N, 1] per column: double for numbers (NaN is missing), string for categories ("" is missing). The outputs are

| model | outputs |
|---|---|
| regression, several numbers | prediction: double [N, 1] or [N, numbers] |
| classifier | label: string [N]; probabilities: double [N, classes] |
| classifier without probabilities | label: string [N]; score: double [N, 1] for two classes, else [N, classes] |

It computes in float64 throughout. Trees are ai.onnx.ml 5's TreeEnsemble in float64 (the older operators answer in float32), with operator set 21;
what has no trees has operator set 18, and one fused sum 17. Where the source compares with its thresholds in float32, the columns are rounded to
float32 first, so that every row goes the way that it goes in the source. XGBoost adds in float32; the graph adds the same trees in float64.
Functions that ONNX Runtime has in float32 only, or not at all (log1p, expm1, atan, the normal distribution's quantiles …), are spelled out in
float64.

| part | |
|---|---|
| scaling, imputing, encoding, functions of one column | carried |
| trees: categories as sets, zero or NaN as missing, a value per class | carried |
| trees with linear leaves (LightGBM, linear_tree) | refused |
| affine functions, projections, polynomials, splines, bins, quantiles, power transformations, norms | carried |
| kernels, Gaussian processes, normal densities, networks | carried |
| nearest neighbours, local outlier factor | carried, but where several training rows are often equally far from a row: whole numbers, few digits, Chebyshev's and Hamming's distance, the same row with other targets. Which of them count depends on the way of the source's search |
| averages, votes, medians, one-vs-one, one-vs-rest, coupled probabilities (SVC), calibration, stacking | carried |
| nearest rows for missing values (KNNImputer) | carried |
| a column per key of dicts (DictVectorizer) | carried: a number or a category each |
| free texts (counts, TF-IDF, hashing) | refused: no operator cuts a text by a pattern as Python does, lower case depends on the locale of the machine that runs the graph, and words have no hashes |
| a graph that was read from ONNX | refused: it is ONNX already |
`
