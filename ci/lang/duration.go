package lang

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// seconds of the units that GitLab's durations have, as the chronic_duration
// gem counts them: a month has 30 days, a year 365.25.
var units = map[string]float64{
	"s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1,
	"m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60,
	"h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600,
	"d": 86400, "day": 86400, "days": 86400,
	"w": 604800, "wk": 604800, "wks": 604800, "week": 604800, "weeks": 604800,
	"mo": 2592000, "mos": 2592000, "mth": 2592000, "mths": 2592000, "month": 2592000, "months": 2592000,
	"y": 31557600, "yr": 31557600, "yrs": 31557600, "year": 31557600, "years": 31557600,
}

// maxDuration bounds what a file can ask for: ten years.
const maxDuration = 10 * 31557600 * time.Second

// ParseDuration reads GitLab's human durations: "42", "1h 30m", "3 weeks and 2
// days", "2h20min", "1:30:00" (artifacts:expire_in, timeout). A number alone is
// in seconds.
func ParseDuration(s string) (time.Duration, error) {
	const like = `a duration is written like "1h 30m", "2 days" or a number of seconds`
	total, err := seconds(strings.ToLower(strings.TrimSpace(s)))
	if err != nil {
		return 0, fmt.Errorf("%w; %s", err, like)
	}
	if total <= 0 {
		return 0, fmt.Errorf("%q is no time at all; %s", s, like)
	}
	if total > maxDuration.Seconds() {
		return 0, fmt.Errorf("%q is longer than ten years", s)
	}
	return time.Duration(math.Round(total)) * time.Second, nil
}

func seconds(s string) (float64, error) {
	if strings.Contains(s, ":") {
		return clock(s)
	}
	total, rest := 0.0, s
	for {
		rest = strings.TrimLeft(rest, " \t,")
		if word, after, ok := strings.Cut(rest, " "); ok && word == "and" {
			rest = after
			continue
		}
		if rest == "" {
			return total, nil
		}
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789."))
		n, err := strconv.ParseFloat(rest[:digits], 64)
		if err != nil {
			return 0, fmt.Errorf("%q is no duration", s)
		}
		rest = strings.TrimLeft(rest[digits:], " \t")
		letters := len(rest) - len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz"))
		unit := rest[:letters]
		rest = rest[letters:]
		if unit == "" && rest == "" && total == 0 {
			unit = "s"
		}
		factor, ok := units[unit]
		if !ok {
			return 0, fmt.Errorf("%q has no unit that is known in %q", s, unit)
		}
		total += n * factor
	}
}

// clock reads 1:30 (minutes, seconds) and 1:30:00.
func clock(s string) (float64, error) {
	parts := strings.Split(s, ":")
	if len(parts) > 3 {
		return 0, fmt.Errorf("%q is no duration", s)
	}
	total := 0.0
	for _, part := range parts {
		n, err := strconv.ParseUint(part, 10, 31)
		if err != nil {
			return 0, fmt.Errorf("%q is no duration", s)
		}
		total = total*60 + float64(n)
	}
	return total, nil
}
