package main

import (
	"fmt"
	"slices"
)

// house is what a person knows about theirs. What is nil was left open, and the
// model fills it in with what is usual.
type house struct {
	Neighborhood string   `json:"neighborhood"`
	LivingArea   *float64 `json:"living_area"` // square feet above ground
	YearBuilt    *float64 `json:"year_built"`
	Remodelled   *float64 `json:"remodelled"` // year
	Condition    string   `json:"condition"`
	LotArea      *float64 `json:"lot_area"`      // square feet
	BasementArea *float64 `json:"basement_area"` // square feet
	Bedrooms     *float64 `json:"bedrooms"`
	Bathrooms    *float64 `json:"bathrooms"` // full ones, above ground
	GarageCars   *float64 `json:"garage_cars"`
	Fireplaces   *float64 `json:"fireplaces"`
	CentralAir   *bool    `json:"central_air"`
}

// conditions are the data's words, from worst to best.
var conditions = []string{
	"Very_Poor", "Poor", "Fair", "Below_Average", "Average", "Above_Average", "Good", "Very_Good", "Excellent",
}

// number is a numeric field: its name here, the model's, its value in a house,
// and the firm's limits, which are those of the houses it knows.
type number struct {
	field, input string
	value        func(*house) *float64
	low, high    float64
	required     bool
}

var numbers = []number{
	{"living_area", "Gr_Liv_Area", func(h *house) *float64 { return h.LivingArea }, 300, 4000, true},
	{"year_built", "Year_Built", func(h *house) *float64 { return h.YearBuilt }, 1870, 2010, true},
	{"remodelled", "Year_Remod_Add", func(h *house) *float64 { return h.Remodelled }, 1870, 2010, false},
	{"lot_area", "Lot_Area", func(h *house) *float64 { return h.LotArea }, 1000, 220_000, false},
	{"basement_area", "Total_Bsmt_SF", func(h *house) *float64 { return h.BasementArea }, 0, 4000, false},
	{"bedrooms", "Bedroom_AbvGr", func(h *house) *float64 { return h.Bedrooms }, 0, 8, false},
	{"bathrooms", "Full_Bath", func(h *house) *float64 { return h.Bathrooms }, 0, 4, false},
	{"garage_cars", "Garage_Cars", func(h *house) *float64 { return h.GarageCars }, 0, 5, false},
	{"fireplaces", "Fireplaces", func(h *house) *float64 { return h.Fireplaces }, 0, 4, false},
}

// check lists what is wrong, every field at once.
func (h *house) check(sales *sales) []fieldError {
	var wrong []fieldError
	say := func(field, format string, args ...any) {
		wrong = append(wrong, fieldError{field, fmt.Sprintf(format, args...)})
	}
	switch {
	case h.Neighborhood == "":
		say("neighborhood", "a neighborhood is needed")
	case !sales.knows(h.Neighborhood):
		say("neighborhood", "no neighborhood %.60q: GET /places lists them", h.Neighborhood)
	}
	for _, n := range numbers {
		switch value := n.value(h); {
		case value == nil && n.required:
			say(n.field, "a number is needed")
		case value != nil && (*value < n.low || *value > n.high):
			say(n.field, "expected a number from %g to %g, got %g", n.low, n.high, *value)
		}
	}
	if h.YearBuilt != nil && h.Remodelled != nil && *h.Remodelled < *h.YearBuilt {
		say("remodelled", "a house cannot be remodelled before it is built")
	}
	if h.Condition != "" && !slices.Contains(conditions, h.Condition) {
		say("condition", "no condition %.60q: expected one of %v", h.Condition, conditions)
	}
	return wrong
}

// inputs are the house in the model's words.
func (h *house) inputs() map[string]any {
	in := map[string]any{"Neighborhood": h.Neighborhood}
	for _, n := range numbers {
		if value := n.value(h); value != nil {
			in[n.input] = *value
		}
	}
	if h.Remodelled == nil && h.YearBuilt != nil {
		in["Year_Remod_Add"] = *h.YearBuilt
	}
	if h.Condition != "" {
		in["Overall_Cond"] = h.Condition
	}
	if h.CentralAir != nil {
		in["Central_Air"] = map[bool]string{true: "Y", false: "N"}[*h.CentralAir]
	}
	return in
}

// fieldOf names the field of a model's input; none for what the form lacks.
func fieldOf(input string) string {
	switch input {
	case "Neighborhood":
		return "neighborhood"
	case "Overall_Cond":
		return "condition"
	case "Central_Air":
		return "central_air"
	}
	for _, n := range numbers {
		if n.input == input {
			return n.field
		}
	}
	return ""
}
