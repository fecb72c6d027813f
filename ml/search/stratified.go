package search

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"dasier/fault"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// numberStrata is how many bins by quantile a target of numbers is cut into, if
// the folds leave room for so many.
const numberStrata = 10

// Stratified divides rows by chance into k folds in each of which every class
// has its share, to a row; of a target of numbers, every tenth of its range by
// quantile (Kohavi, "A Study of Cross-Validation and Bootstrap for Accuracy
// Estimation and Model Selection", IJCAI 1995, section 3.1, for classes). A class
// with fewer rows than folds would be missing from one: that is an error.
func Stratified(target learn.Target, k int, seed uint64) ([]Fold, error) {
	n := len(target.Y)
	if err := checkFolds(n, k, "rows"); err != nil {
		return nil, err
	}
	strata := strataOf(target, k)
	for class, rows := range strata {
		if len(rows) > 0 && len(rows) < k {
			return nil, fault.Errorf(fault.Invalid, "the class %q has too few rows (%d) for %d folds, each of which needs one: use fewer folds, join rare classes, or divide by chance alone", target.Classes[class], len(rows), k)
		}
	}
	random := draws(seed)
	fold, position := make([]int, n), 0
	for _, rows := range strata {
		random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		for _, row := range rows {
			fold[row] = position % k // one round over all strata: sizes, too, differ by a row at most
			position++
		}
	}
	return fromAssignment(fold, k), nil
}

// strataOf lists the rows of each class, or of each bin of a number. Every bin
// has at least k rows.
func strataOf(target learn.Target, k int) [][]int {
	if target.Task != predict.TaskRegression {
		strata := make([][]int, len(target.Classes))
		for row, class := range target.Y {
			strata[int(class)] = append(strata[int(class)], row)
		}
		return strata
	}
	n := len(target.Y)
	order := make([]int, n)
	for row := range order {
		order[row] = row
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(target.Y[a], target.Y[b]) })
	bins := min(max(n/k, 1), numberStrata)
	strata := make([][]int, bins)
	for b := range strata {
		strata[b] = slices.Clone(order[b*n/bins : (b+1)*n/bins])
	}
	return strata
}

// StratifiedGrouped keeps the rows of a group together, as Grouped does, and
// gives each fold its share of every class (or bin of a number) as well as whole
// groups allow. Groups whose classes are most uneven are placed first, each where
// it leaves the shares most even: scikit-learn's StratifiedGroupKFold, but for
// measuring unevenness by squares.
func StratifiedGrouped(target learn.Target, groups []int32, k int, seed uint64) ([]Fold, error) {
	if len(groups) != len(target.Y) {
		return nil, fault.Errorf(fault.Invalid, "%d rows have %d groups", len(target.Y), len(groups))
	}
	members := byGroup(groups)
	if err := checkFolds(len(members), k, "groups"); err != nil {
		return nil, err
	}
	strata := strataOf(target, k)
	of := make([]int, len(target.Y))
	for s, rows := range strata {
		for _, row := range rows {
			of[row] = s
		}
	}
	// counts[g][s] is in shares of stratum s, so that rare classes count as much.
	counts := make([][]float64, len(members))
	for g, rows := range members {
		counts[g] = make([]float64, len(strata))
		for _, row := range rows {
			counts[g][of[row]] += 1 / float64(len(strata[of[row]]))
		}
	}
	order := draws(seed).Perm(len(members))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(squares(counts[b]), squares(counts[a])) })
	fold, sums, sizes := make([]int, len(groups)), make([][]float64, k), make([]int, k)
	for f := range sums {
		sums[f] = make([]float64, len(strata))
	}
	for at, g := range order {
		to := place(counts[g], sums, sizes, len(order)-at)
		sizes[to]++
		for s, c := range counts[g] {
			sums[to][s] += c
		}
		for _, row := range members[g] {
			fold[row] = to
		}
	}
	return fromAssignment(fold, k), nil
}

// place chooses the fold in which a group adds least to the sum of squares; when
// there are only as many groups left as empty folds, an empty one.
func place(group []float64, sums [][]float64, sizes []int, left int) int {
	empty := 0
	for _, n := range sizes {
		if n == 0 {
			empty++
		}
	}
	best, least := -1, 0.0
	for f := range sums {
		if left <= empty && sizes[f] > 0 {
			continue
		}
		added := 0.0
		for s, c := range group {
			added += c * (2*sums[f][s] + c)
		}
		if best < 0 || added < least {
			best, least = f, added
		}
	}
	return best
}

func squares(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v * v
	}
	return sum
}

// Repeated divides the rows several times, each time by a seed of its own: the
// mean of more folds is surer, and the test of paired.go holds for it.
func Repeated(repeats int, seed uint64, divide func(seed uint64) ([]Fold, error)) ([]Fold, error) {
	if repeats < 1 || repeats > 100 {
		return nil, fault.Errorf(fault.Invalid, "cross-validation cannot be repeated %d times: use 1 to 100", repeats)
	}
	var all []Fold
	for r := range repeats {
		folds, err := divide(seed + uint64(r)*0x9e3779b97f4a7c15) //nolint:gosec // r is small and not negative
		if err != nil {
			return nil, err
		}
		all = append(all, folds...)
	}
	return all, nil
}

func draws(seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, 0x666f6c6473)) //nolint:gosec // a reproducible draw is the point
}
