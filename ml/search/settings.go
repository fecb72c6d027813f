package search

import (
	"fmt"
	"math"
	"strconv"

	"dasier/fault"
)

// Settings are the values of one candidate: float64, string or bool.
type Settings map[string]any

// Number is a setting that is a number, or what stands otherwise.
func (s Settings) Number(name string, otherwise float64) (float64, error) {
	v, ok := s[name]
	if !ok {
		return otherwise, nil
	}
	x, ok := number(v)
	if !ok {
		return 0, fault.Errorf(fault.Invalid, "%s is %v: it must be a number", name, v)
	}
	return x, nil
}

// Int is a setting that is a whole number, or what stands otherwise.
func (s Settings) Int(name string, otherwise int) (int, error) {
	x, err := s.Number(name, float64(otherwise))
	if err == nil && (x != math.Trunc(x) || math.Abs(x) > 1<<31) {
		return 0, fault.Errorf(fault.Invalid, "%s is %g: it must be a whole number", name, x)
	}
	return int(x), err
}

// Text is a setting that is a text, or what stands otherwise.
func (s Settings) Text(name, otherwise string) (string, error) {
	v, ok := s[name]
	if !ok {
		return otherwise, nil
	}
	text, ok := v.(string)
	if !ok {
		return "", fault.Errorf(fault.Invalid, "%s is %v: it must be a text", name, v)
	}
	return text, nil
}

// Bool is a setting that is true or false, or what stands otherwise.
func (s Settings) Bool(name string, otherwise bool) (bool, error) {
	v, ok := s[name]
	if !ok {
		return otherwise, nil
	}
	is, ok := v.(bool)
	if !ok {
		return false, fault.Errorf(fault.Invalid, "%s is %v: it must be true or false", name, v)
	}
	return is, nil
}

// Params are the settings as reports write them.
func (s Settings) Params() map[string]string {
	params := make(map[string]string, len(s))
	for name, v := range s {
		if x, ok := number(v); ok {
			params[name] = strconv.FormatFloat(x, 'g', -1, 64)
			continue
		}
		params[name] = fmt.Sprint(v)
	}
	return params
}
