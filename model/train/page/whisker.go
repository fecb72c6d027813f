package page

import (
	"fmt"
	"html/template"

	"dasier/ml/metric"
	"dasier/model/train"
)

// boardScale spans the intervals of a leaderboard, but for those so far behind
// that the others could not be told apart.
func boardScale(candidates []train.CandidateReport) scale {
	var ends []float64
	for i, c := range candidates {
		if c.Low == nil || c.High == nil {
			continue
		}
		if s := around(ends...); i > 2 && *c.Score > s.High+3*(s.High-s.Low) {
			continue
		}
		ends = append(ends, *c.Low, *c.High)
	}
	return around(ends...)
}

// whisker is a value with its interval, on a scale.
func whisker(s scale, value, low, high *float64, chosen bool) template.HTML {
	if value == nil || low == nil || high == nil {
		return ""
	}
	s.from, s.to = 4, 196
	class := "w"
	if chosen {
		class = "w c"
	}
	//nolint:gosec // numbers only
	return template.HTML(fmt.Sprintf(`<svg class="wh" viewBox="0 0 200 16" preserveAspectRatio="none" aria-hidden="true"><line class="%s" x1="%.1f" x2="%.1f" y1="8" y2="8"/><circle class="%s" cx="%.1f" cy="8" r="4"/></svg>`,
		class, s.at(*low), s.at(*high), class, s.at(*value)))
}

// gainWhisker is a gain with its interval, beside no gain at all.
func gainWhisker(c metric.Comparison) template.HTML {
	reach := max(-c.GainLow, c.GainHigh, 1e-12) * 1.05
	s := scale{Low: -reach, High: reach, from: 4, to: 196}
	//nolint:gosec // numbers only
	return template.HTML(fmt.Sprintf(`<svg class="wh" viewBox="0 0 200 16" preserveAspectRatio="none" aria-hidden="true"><line class="z" x1="100" x2="100" y1="0" y2="16"/><line class="w %s" x1="%.1f" x2="%.1f" y1="8" y2="8"/><circle class="w %s" cx="%.1f" cy="8" r="4"/></svg>`,
		verdict(c.Verdict), s.at(c.GainLow), s.at(c.GainHigh), verdict(c.Verdict), s.at(c.Gain)))
}

// bar is a share of the largest.
func bar(v, most float64) template.HTML {
	if !(most > 0) {
		most = 1
	}
	//nolint:gosec // a number only
	return template.HTML(fmt.Sprintf(`<div class="track"><i style="width:%.1f%%"></i></div>`, 100*min(max(v/most, 0), 1)))
}
