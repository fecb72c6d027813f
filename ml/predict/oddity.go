package predict

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"dasier/ml/frame"
)

// Oddity says how a value relates to the training rows. What is not Usual
// deserves a notice beside the prediction.
type Oddity uint8

// The oddities, the strangest last.
const (
	Usual   Oddity = iota
	Imputed        // no value: the model assumed one
	Rare           // a number outside the 1 % to 99 % quantiles
	Unseen         // a number outside the range of all training rows
	Unknown        // a category that no training row has
)

var oddityNames = [...]string{"usual", "imputed", "rare", "unseen", "unknown"}

// String is the oddity's name on the wire.
func (o Oddity) String() string { return oddityNames[o] }

// noticeTexts are the sentences of one input by Oddity, written once so that
// a notice costs no allocation.
type noticeTexts [len(oddityNames)]string

// Oddity tells how the row's value of input i relates to the training rows.
func (r *Row) Oddity(i int) Oddity {
	in := &r.program.spec.Inputs[i]
	if in.Kind == frame.Category {
		switch r.codes[i] - r.unknown(i) {
		case 0:
			if in.Text {
				return Usual
			}
			return Unknown
		case 1:
			return Imputed
		}
		return Usual
	}
	x := r.numbers[i]
	switch {
	case math.IsNaN(x):
		return Imputed
	case in.Kind == frame.Bool || in.Min == 0 && in.Max == 0: // no statistics
		return Usual
	case x < in.Min || x > in.Max:
		return Unseen
	case in.Low < in.High && (x < in.Low || x > in.High):
		return Rare
	}
	return Usual
}

// Notice is the sentence for a value of input i that is not usual; empty for
// Usual.
func (p *Program) Notice(i int, o Oddity) string { return p.notices[i][o] }

func writeNotices(spec *Spec, features [][]int) []noticeTexts {
	notices := make([]noticeTexts, len(spec.Inputs))
	for i := range spec.Inputs {
		in := &spec.Inputs[i]
		texts := &notices[i]
		texts[Imputed] = imputedText(spec, in, features[i])
		texts[Unknown] = "not among the categories of the training data: the model treats it as none of them"
		texts[Rare] = fmt.Sprintf("unusual: 98 %% of the training data lies between %s and %s",
			in.Format(in.Low), in.Format(in.High))
		texts[Unseen] = fmt.Sprintf("unlike the training data, which lies between %s and %s: the prediction extrapolates",
			in.Format(in.Min), in.Format(in.Max))
	}
	return notices
}

func imputedText(spec *Spec, in *Input, features []int) string {
	for _, j := range features {
		f := &spec.Features[j]
		switch {
		case f.Op == opValue:
			return "not given: the model assumes " + in.Format(f.Impute)
		case f.Op == opEquals && f.Impute == 1:
			return "not given: the model assumes " + f.Level
		case f.Op == opSteps && len(f.Steps) > 0 && f.Steps[0].Op == "impute":
			return "not given: the model assumes " + in.Format(f.Steps[0].A)
		}
	}
	if len(features) == 0 {
		return "not given: the model does not use it"
	}
	return "not given: the model has a case for that"
}

// Format writes a number of this input for people: bools as yes and no, times
// as dates, numbers with their unit.
func (in *Input) Format(v float64) string {
	switch in.Kind {
	case frame.Bool:
		switch v {
		case 0:
			return "no"
		case 1:
			return "yes"
		}
	case frame.Time:
		if math.Abs(v) < 1e11 {
			at := time.Unix(int64(v), 0).UTC()
			if at.Truncate(24 * time.Hour).Equal(at) {
				return at.Format(time.DateOnly)
			}
			return at.Format(time.RFC3339)
		}
	}
	text := strconv.FormatFloat(v, 'g', 7, 64)
	if math.Abs(v) < 1e15 && v == math.Trunc(v) {
		text = strconv.FormatFloat(v, 'f', 0, 64)
	}
	if in.Unit != "" {
		text += " " + in.Unit
	}
	return text
}
