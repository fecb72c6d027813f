package search

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// The corrected resampled t-test: Nadeau and Bengio, "Inference for the
// Generalization Error", Machine Learning 52, 2003, section 4. The training sets
// of folds overlap, so their scores are not independent and the plain variance
// of the mean, s²/k, is far too small; (1/k + n_test/n_train)·s² makes up for
// it. Bouckaert and Frank, "Evaluating the Replicability of Significance Tests
// for Comparing Learning Algorithms", PAKDD 2004, recommend it for
// cross-validation.

// testShare is n_test/n_train, the mean over folds.
func testShare(folds []Fold) float64 {
	share := 0.0
	for _, f := range folds {
		share += float64(len(f.Test)) / float64(len(f.Train)) / float64(len(folds))
	}
	return share
}

// corrected is the mean of fold scores and its corrected standard error.
func corrected(scores []float64, ratio float64) (mean, standardError float64) {
	k := float64(len(scores))
	for _, s := range scores {
		mean += s / k
	}
	squares := 0.0
	for _, s := range scores {
		squares += (s - mean) * (s - mean)
	}
	return mean, math.Sqrt((1/k + ratio) * squares / (k - 1))
}

// interval is the Student interval of the mean score.
func interval(scores []float64, ratio, level float64) (low, high float64) {
	mean, standardError := corrected(scores, ratio)
	width := student(len(scores)).Quantile(1-(1-level)/2) * standardError
	return mean - width, mean + width
}

// pairedTest is the two-sided p-value of "both are equally good", from scores
// on the same folds.
func pairedTest(a, b []float64, ratio float64) float64 {
	differences := make([]float64, len(a))
	for i := range a {
		differences[i] = a[i] - b[i]
	}
	mean, standardError := corrected(differences, ratio)
	if standardError == 0 {
		if mean == 0 {
			return 1
		}
		return 0
	}
	return 2 * student(len(a)).Survival(math.Abs(mean)/standardError)
}

func student(folds int) distuv.StudentsT {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(folds - 1)}
}
