package main

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"slices"
)

// maxBody is far more than any house needs.
const maxBody = 16 << 10

// price is what a client gets.
type price struct {
	Price       int      `json:"price"`
	Low         int      `json:"low"`
	High        int      `json:"high"`
	Level       float64  `json:"level"` // how often the range holds, 0.9
	Currency    string   `json:"currency"`
	Reasons     []reason `json:"reasons"`
	Advice      []advice `json:"advice"`
	Comparables []sale   `json:"comparables"`
	Model       string   `json:"model"`
	Version     int      `json:"version"`
}

// reason says how many per cent one fact adds to the price of a typical house.
type reason struct {
	Field   string  `json:"field"`
	Percent float64 `json:"percent"`
}

// advice is a rule of the firm that speaks up.
type advice struct {
	Rule  string `json:"rule"` // "valuer", "unusual"
	Field string `json:"field,omitempty"`
}

// quote answers one request for a price.
func quote(w http.ResponseWriter, r *http.Request, model *model, sales *sales) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge, "the request is larger than 16 KiB", nil)
		return
	}
	var h house
	if err := json.Unmarshal(text, &h); err != nil {
		fail(w, http.StatusBadRequest, "the request is no JSON object with the fields of a house: "+err.Error(), nil)
		return
	}
	if wrong := h.check(sales); len(wrong) > 0 {
		fail(w, http.StatusUnprocessableEntity, "some fields are not right", wrong)
		return
	}
	said, err := model.predict(r.Context(), h.inputs())
	if refused, ok := errors.AsType[*refusal](err); ok {
		fail(w, http.StatusUnprocessableEntity, "the model refuses these fields", refused.fields())
		return
	}
	if err != nil {
		slog.ErrorContext(r.Context(), "asking the model", "error", err)
		w.Header().Set("Retry-After", "2")
		fail(w, http.StatusBadGateway, "the model does not answer just now: try again in a moment", nil)
		return
	}
	answer(w, http.StatusOK, judge(h, said, sales))
}

// The rules of the firm.
const (
	// rounding: nobody should read more into a price than it holds.
	rounding = 500
	// wide is the half-width of a range, as a part of the price, from which on
	// a valuer should see the house.
	wide = 0.35
	// shownReasons and shownSales are as many as a person reads.
	shownReasons = 6
	shownSales   = 5
)

// judge makes the model's answer the firm's.
func judge(h house, said prediction, sales *sales) price {
	p := price{
		Price: rounded(said.Prediction), Low: rounded(said.Interval.Low), High: rounded(said.Interval.High), Level: said.Interval.Level,
		Currency: "USD", Advice: []advice{}, Reasons: reasons(h, said), Comparables: sales.like(h, shownSales), Model: said.Model, Version: said.Version,
	}
	if float64(p.High-p.Low) > 2*wide*float64(p.Price) {
		p.Advice = append(p.Advice, advice{Rule: "valuer"})
	}
	for _, notice := range said.Notices {
		if field := fieldOf(notice.Input); field != "" && notice.Code != "imputed" {
			p.Advice = append(p.Advice, advice{Rule: "unusual", Field: field})
		}
	}
	return p
}

func rounded(amount float64) int { return int(math.Round(amount/rounding)) * rounding }

// reasons are the strongest of the fields that a person filled in. The model
// explains the logarithm of the price, so an effect is a factor.
func reasons(h house, said prediction) []reason {
	list := []reason{}
	for _, c := range said.Reasons.Contributions {
		field := fieldOf(c.Input)
		percent := 100 * math.Expm1(c.Effect)
		if said.Reasons.Scale != "log" {
			percent = 100 * c.Effect / said.Prediction
		}
		assumed := c.Value == nil || field == "remodelled" && h.Remodelled == nil
		if field != "" && !assumed && math.Abs(percent) >= 0.05 {
			list = append(list, reason{field, math.Round(percent*10) / 10})
		}
	}
	slices.SortStableFunc(list, func(a, b reason) int {
		switch {
		case math.Abs(a.Percent) > math.Abs(b.Percent):
			return -1
		case math.Abs(a.Percent) < math.Abs(b.Percent):
			return 1
		}
		return 0
	})
	return list[:min(shownReasons, len(list))]
}
