package search

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"dasier/ml/learn"
	"dasier/ml/predict"
)

// halve is successive halving: Jamieson and Talwalkar, "Non-stochastic Best Arm
// Identification and Hyperparameter Optimization", AISTATS 2016, section 3. Every
// candidate is scored on few rows (or trees), the best of eta go on to eta times
// as many, until the last round has all of them.
//
// What differs: the number of rounds follows from eta and the least number of
// rows, as in a bracket of Hyperband (Li et al., JMLR 18, 2018, section 3.1); a
// candidate is scored by cross-validation, on all test rows; and the best of each
// source goes on whatever the others do, because a learner that needs many rows
// is behind when there are few, and the leaderboard should have every kind.
func (c *choice) halve(ctx context.Context) ([]Standing, error) {
	rounds := c.rounds()
	alive := places(len(c.made))
	teller := newTeller(c.plan.Config, c.planned(len(alive), rounds)*len(c.folds))
	var board, gone []Standing // of the last round that has a ranked candidate; of rounds before
	for r := range rounds {
		share := math.Pow(float64(c.plan.Eta), float64(r+1-rounds))
		if r == rounds-1 {
			share = 1
		}
		if r > 0 && teller.over() {
			break
		}
		teller.round(c.planned(len(alive), rounds-r) * len(c.folds))
		now, err := c.round(ctx, alive, share, teller, r == 0)
		if err != nil {
			return nil, err
		}
		late := slices.ContainsFunc(now, func(s Standing) bool { return s.Status == Skipped })
		if now[0].Status != Ranked && !late {
			return now, nil // all are broken
		}
		if now[0].Status != Ranked {
			break // the time was used up before one was through: the round before stands
		}
		board = remember(now, board)
		if late {
			break
		}
		var dropped []Standing
		alive, dropped = c.survivors(now, c.places(len(now)))
		gone = append(gone, dropped...)
	}
	board = append(slices.Clone(board), c.missing(board, gone)...)
	sortBoard(board, c.measure)
	return board, nil
}

// rounds is how many there are: no more than bring the candidates down to one,
// and no more than leave the first round enough rows.
func (c *choice) rounds() int {
	rows := math.MaxInt
	for _, f := range c.folds {
		rows = min(rows, len(f.Train))
	}
	growth := float64(len(c.made))
	for _, m := range c.made {
		if c.sources[m.source].Resource == "" {
			growth = min(growth, float64(rows)/float64(c.plan.Least))
		}
	}
	rounds := 1
	for part := growth; part >= float64(c.plan.Eta); part /= float64(c.plan.Eta) {
		rounds++
	}
	return rounds
}

// places is how many of a round's candidates go on.
func (c *choice) places(n int) int { return max(n/c.plan.Eta, 1) }

// planned is how many candidates so many rounds have that begin with n: more,
// where the best of each source are not among the best.
func (c *choice) planned(n, rounds int) int {
	all := 0
	for range rounds {
		all += n
		n = min(max(c.places(n), len(c.sources)), n)
	}
	return all
}

// round scores candidates on a share of the rows, or with a share of the trees.
// The standings' Family is the candidate's place in made.
func (c *choice) round(ctx context.Context, alive []int, share float64, teller *teller, first bool) ([]Standing, error) {
	families, err := c.families(alive, func(m made) (learn.Learner, error) { return c.scaled(m, share) })
	if err != nil {
		return nil, err
	}
	one := c.course(families, teller)
	one.share, one.thinned = share, thin(c.folds, c.target, share, c.plan.Seed)
	for _, at := range alive {
		one.whole = append(one.whole, c.sources[c.made[at].source].Resource != "")
	}
	if !first {
		one.sure = 0
	}
	board, err := evaluate(ctx, one)
	for i := range board {
		board[i].Family = alive[board[i].Family]
	}
	return board, err
}

// scaled is the learner of a candidate with its share of the resource.
func (c *choice) scaled(m made, share float64) (learn.Learner, error) {
	name := c.sources[m.source].Resource
	if name == "" || share == 1 {
		return m.entry.Learner, nil
	}
	settings := maps.Clone(m.settings)
	full, err := settings.Number(name, 1)
	if err != nil {
		return nil, err
	}
	settings[name] = max(1, math.Round(full*share))
	return c.sources[m.source].Make(settings)
}

// thin leaves a share of the training rows of every fold, by chance; of every
// class its share, and a row at least. nil: it is the whole.
func thin(folds []Fold, target learn.Target, share float64, seed uint64) []Fold {
	if share == 1 {
		return nil
	}
	random := draws(seed)
	fewer := make([]Fold, len(folds))
	for i, f := range folds {
		strata := make([][]int, max(1, len(target.Classes)))
		for _, row := range f.Train {
			k := 0
			if target.Task != predict.TaskRegression {
				k = int(target.Y[row])
			}
			strata[k] = append(strata[k], row)
		}
		var train []int
		for _, rows := range strata {
			random.Shuffle(len(rows), func(a, b int) { rows[a], rows[b] = rows[b], rows[a] })
			train = append(train, rows[:int(math.Ceil(share*float64(len(rows))))]...)
		}
		slices.Sort(train)
		fewer[i] = Fold{Train: train, Test: f.Test}
	}
	return fewer
}

// survivors are the candidates that go on, the best first (but late ones last), so
// that the best are through when the time is used up; and the standings of those
// that do not.
func (c *choice) survivors(board []Standing, want int) (alive []int, dropped []Standing) {
	seen := map[int]bool{} // sources
	place, ranked := 0, 0
	for _, s := range board {
		if s.Status == Ranked {
			ranked++
		}
	}
	for _, s := range board {
		source := c.made[s.Family].source
		if s.Status == Ranked && (place < want || !seen[source]) {
			alive = append(alive, s.Family)
		} else {
			if s.Status == Ranked {
				s.Status, s.Tied, s.P = Dropped, false, math.NaN()
				s.Reason = fmt.Sprintf("Place %d of %d with %.2g of the rows or trees: given up.", place+1, ranked, s.Share)
			}
			dropped = append(dropped, s)
		}
		seen[source] = seen[source] || s.Status == Ranked
		place++
	}
	slices.SortStableFunc(alive, func(a, b int) int {
		return cmp.Compare(truth(c.sources[c.made[a].source].Late), truth(c.sources[c.made[b].source].Late))
	})
	return alive, dropped
}

// remember gives candidates that a round left out the scores of the round before.
func remember(now, before []Standing) []Standing {
	for i, s := range now {
		at := slices.IndexFunc(before, func(b Standing) bool { return b.Family == s.Family && b.Status == Ranked })
		if s.Status != Skipped || at < 0 {
			continue
		}
		now[i] = before[at]
		now[i].Status, now[i].Tied, now[i].P = Skipped, false, math.NaN()
		now[i].Reason = fmt.Sprintf("%s The score is of %.2g of the rows or trees.", s.Reason, now[i].Share)
	}
	return now
}

// missing are the standings of candidates that the last board does not have.
func (c *choice) missing(board, gone []Standing) []Standing {
	has := map[int]bool{}
	for _, s := range board {
		has[s.Family] = true
	}
	return slices.DeleteFunc(gone, func(s Standing) bool { return has[s.Family] })
}
