package predict

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"dasier/fault"
	"dasier/ml/frame"
)

// The operations of a Feature.
const (
	opValue   = "value"
	opEquals  = "equals"
	opMissing = "missing"
	opSteps   = "steps"
	opTable   = "table"
	opHashed  = "hashed"
	opCurve   = "curve"
	opTerm    = "term"
	opTerms   = "terms"
)

// What a category outside the levels means; empty is UnknownError.
const (
	UnknownIgnore = "ignore"
	UnknownError  = "error"
)

// Limits of a Spec: far above any sensible model, and low enough that a
// hostile one cannot exhaust memory.
const (
	maxInputs    = 10_000
	maxLevels    = 200_000 // over all inputs
	maxFeatures  = 500_000
	maxResiduals = 5_000_000
	maxText      = 4_096 // bytes of any one text
	// largestSlope bounds weights, centres and their products. 1e100 (the
	// largest input) times 1e150 times 500,000 features is still finite.
	largestSlope = 1e150
)

func wrong(field, format string, args ...any) error {
	return fault.Errorf(fault.Invalid, "%s: %s", field, fmt.Sprintf(format, args...)).At(field)
}

// under names the field of a part's error from the whole: "roots[0]" becomes
// "trees.roots[0]".
func under(field string, err error) error {
	var known *fault.Error
	if err == nil || !errors.As(err, &known) {
		return err
	}
	return wrong(field+"."+known.Field, "%s", strings.TrimPrefix(known.Message, known.Field+": "))
}

// Check tells what Compile would refuse, without compiling.
func Check(s *Spec) error { return checkSpec(s) }

// checkSpec holds a spec to everything its comments promise.
func checkSpec(s *Spec) error {
	switch {
	case s.Version != 1:
		return wrong("version", "the layout must be 1, it is %d", s.Version)
	case s.Target.Name == "":
		return wrong("target.name", "is empty")
	case len(s.Inputs) == 0 || len(s.Inputs) > maxInputs:
		return wrong("inputs", "there must be 1 to %d, there are %d", maxInputs, len(s.Inputs))
	case len(s.Features) > maxFeatures:
		return wrong("features", "there are %d, at most %d are allowed", len(s.Features), maxFeatures)
	}
	for _, text := range []struct{ field, value string }{{"target.name", s.Target.Name}, {"target.unit", s.Target.Unit}} {
		if err := checkText(text.field, text.value); err != nil {
			return err
		}
	}
	if err := checkTask(s); err != nil {
		return err
	}
	if err := checkTarget(s); err != nil {
		return err
	}
	levels, err := checkInputs(s)
	if err != nil {
		return err
	}
	if err := checkReadings(s); err != nil {
		return err
	}
	if err := checkFeatures(s, levels); err != nil {
		return err
	}
	cells, err := checkStages(s)
	if err != nil {
		return err
	}
	if err := checkBackground(s); err != nil {
		return err
	}
	if err := checkEstimator(s, cells); err != nil {
		return err
	}
	return checkPromises(s, cells)
}

// checkInputs also gives the set of levels per input.
func checkInputs(s *Spec) ([]map[string]bool, error) {
	seen := make(map[string]bool, len(s.Inputs))
	sets := make([]map[string]bool, len(s.Inputs))
	total := 0
	for i := range s.Inputs {
		in, field := &s.Inputs[i], fmt.Sprintf("inputs[%d]", i)
		switch {
		case in.Name == "":
			return nil, wrong(field+".name", "is empty")
		case seen[in.Name]:
			return nil, wrong(field+".name", "%q stands twice", in.Name)
		case in.Kind > frame.Time:
			return nil, wrong(field+".kind", "there is no kind %d", uint8(in.Kind))
		case in.Kind != frame.Category && len(in.Levels) > 0:
			return nil, wrong(field+".levels", "%q is no category and has levels", in.Name)
		case in.Unknown != "" && in.Unknown != UnknownIgnore && in.Unknown != UnknownError:
			return nil, wrong(field+".unknown", "must be \"ignore\" or \"error\", it is %q", in.Unknown)
		}
		if err := checkTextInput(field, in); err != nil {
			return nil, err
		}
		seen[in.Name] = true
		if total += len(in.Levels); total > maxLevels {
			return nil, wrong(field+".levels", "more than %d levels in all", maxLevels)
		}
		for _, text := range []struct{ field, value string }{
			{".name", in.Name}, {".label", in.Label}, {".unit", in.Unit}, {".description", in.Description}, {".mode", in.Mode},
		} {
			if err := checkText(field+text.field, text.value); err != nil {
				return nil, err
			}
		}
		if err := checkStatistics(field, in); err != nil {
			return nil, err
		}
		set, err := checkLevels(field+".levels", in.Levels)
		if err != nil {
			return nil, err
		}
		sets[i] = set
	}
	return sets, nil
}

func checkStatistics(field string, in *Input) error {
	for _, number := range []struct {
		field string
		value float64
	}{{".min", in.Min}, {".max", in.Max}, {".low", in.Low}, {".high", in.High}, {".median", in.Median}} {
		if err := checkNumber(field+number.field, number.value); err != nil {
			return err
		}
	}
	if in.Min > in.Max {
		return wrong(field+".min", "%v is above max, %v", in.Min, in.Max)
	}
	if in.Low > in.High {
		return wrong(field+".low", "%v is above high, %v", in.Low, in.High)
	}
	return nil
}

func checkLevels(field string, levels []string) (map[string]bool, error) {
	set := make(map[string]bool, len(levels))
	for k, level := range levels {
		at := fmt.Sprintf("%s[%d]", field, k)
		switch {
		case level == "":
			return nil, wrong(at, "is empty: an empty text means missing")
		case set[level]:
			return nil, wrong(at, "%q stands twice", level)
		}
		if err := checkText(at, level); err != nil {
			return nil, err
		}
		set[level] = true
	}
	return set, nil
}

func checkFeatures(s *Spec, levels []map[string]bool) error {
	for j := range s.Features {
		f, field := &s.Features[j], fmt.Sprintf("features[%d]", j)
		if err := checkText(field+".name", f.Name); err != nil {
			return err
		}
		if f.Input < 0 || f.Input >= len(s.Inputs) {
			return wrong(field+".input", "there is no input %d: there are %d", f.Input, len(s.Inputs))
		}
		if err := checkOp(field, f, &s.Inputs[f.Input], levels[f.Input]); err != nil {
			return err
		}
		if f.plain() {
			if err := checkScale(field, f); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkOp(field string, f *Feature, in *Input, levels map[string]bool) error {
	switch f.Op {
	case opValue:
		if in.Kind == frame.Category {
			return wrong(field+".op", "\"value\" of %q, which is a category", in.Name)
		}
		if math.Abs(f.Impute) > largest {
			return wrong(field+".impute", "%v is too large", f.Impute)
		}
	case opEquals:
		if in.Kind != frame.Category {
			return wrong(field+".op", "\"equals\" of %q, which is no category but a %s", in.Name, in.Kind)
		}
		if !levels[f.Level] {
			return wrong(field+".level", "%q has no level %q", in.Name, f.Level)
		}
		if f.Impute != 0 && f.Impute != 1 {
			return wrong(field+".impute", "must be 0 or 1 for \"equals\", it is %v", f.Impute)
		}
	case opMissing:
	case opSteps:
		return checkSteps(field, f, in)
	case opTable:
		return checkTable(field, f, in)
	case opCurve:
		return checkCurve(field, f, in)
	case opTerm, opTerms:
		return nil // checkReadings has seen to them
	case opHashed:
		if err := checkHashed(field, f, in); err != nil {
			return err
		}
	default:
		return wrong(field+".op", "must be \"value\", \"equals\", \"missing\", \"hashed\", \"term\", \"terms\", \"steps\", \"table\" or \"curve\", it is %q", f.Op)
	}
	if f.Log && f.Op != opValue {
		return wrong(field+".log", "only a \"value\" has a logarithm")
	}
	return checkNumber(field+".impute", f.Impute)
}

// checkScale bounds what is computed before the estimator.
func checkScale(field string, f *Feature) error {
	for _, number := range []struct {
		field string
		value float64
	}{{field + ".center", f.Center}, {field + ".scale", f.Scale}} {
		if err := checkNumber(number.field, number.value); err != nil {
			return err
		}
	}
	if f.Scale == 0 {
		return wrong(field+".scale", "is 0")
	}
	return nil
}

func checkNumber(field string, v float64) error {
	if !(math.Abs(v) <= largestSlope) {
		return wrong(field, "must be a finite number, it is %v", v)
	}
	return nil
}

func checkText(field, text string) error {
	if flaw := TextFlaw(text); flaw != "" {
		return wrong(field, "%s", flaw)
	}
	return nil
}

// TextFlaw tells why a Spec cannot hold a text as a name or a level, as the rest
// of a sentence about it ("is not UTF-8"); "" when it can.
func TextFlaw(text string) string {
	if len(text) > maxText {
		return fmt.Sprintf("has %d bytes, at most %d are allowed", len(text), maxText)
	}
	if !utf8.ValidString(text) {
		return "is not UTF-8"
	}
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return fmt.Sprintf("has the control character %U", r)
		}
	}
	return ""
}
