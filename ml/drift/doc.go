// Package drift tells how two versions of a table differ, in sizes of effect that
// do not shout when tables grow.
//
// The effect of a column is the share of its rows that would have to change for
// the two versions to be distributed alike: the total variation distance, over
// the levels of a category or over tenths of a number, missing values being one
// more. A test of significance would call every difference real once rows are
// many; a share of rows means the same for a hundred rows and for a million. The
// share measured on few rows is too large by chance alone; that part is taken off,
// and what is left comes with an interval. The verdict is by the interval: a change
// is told only when all of it lies above what is negligible, and "not enough rows"
// is an answer.
//
// Where a column names the rows, versions are compared row by row, too: which
// came, which went, and which cells changed.
//
// The package knows no models and no files; weights for what matters to a model
// are the caller's.
package drift
