package stage

import "math"

// largestTime bounds times, in seconds from 1970: 300,000 years, in which every
// day and every part of it is a whole number of a float64.
const largestTime = 1e13

// date is a day of the proleptic Gregorian calendar.
type date struct{ year, month, day, weekday, yearday float64 }

// dateOf is the day of a time in seconds since 1970 UTC, which may be before it:
// civil_from_days of Hinnant, chrono-Compatible Low-Level Date Algorithms, 2013.
// Months and days begin at 1, weekdays at 1 with Monday, days of a year at 1.
func dateOf(seconds float64) date {
	days := math.Floor(min(max(seconds, -largestTime), largestTime) / 86400)
	weekday := days + 3 - 7*math.Floor((days+3)/7)
	// Years that begin in March, in eras of 400: leap days come last in them.
	z := days + 719468
	era := math.Floor(z / 146097)
	doe := z - era*146097
	yoe := math.Floor((doe - math.Floor(doe/1460) + math.Floor(doe/36524) - math.Floor(doe/146096)) / 365)
	doy := doe - (365*yoe + math.Floor(yoe/4) - math.Floor(yoe/100))
	mp := math.Floor((5*doy + 2) / 153)
	d := date{year: yoe + era*400, day: doy - math.Floor((153*mp+2)/5) + 1, month: mp + 3, weekday: weekday + 1}
	if mp >= 10 {
		d.month, d.year = mp-9, d.year+1
	}
	d.yearday = doy - 305 // January and February are the end of such a year
	if mp < 10 {
		d.yearday = doy + 60 + leap(d.year)
	}
	return d
}

// leap is 1 in a leap year.
func leap(year float64) float64 {
	divides := func(n float64) bool { return year == n*math.Floor(year/n) }
	if divides(4) && (!divides(100) || divides(400)) {
		return 1
	}
	return 0
}

// hourOf is the hour of a time, from 0 to 23.
func hourOf(seconds float64) float64 {
	seconds = min(max(seconds, -largestTime), largestTime)
	return min(math.Floor((seconds-86400*math.Floor(seconds/86400))/3600), 23) // a moment before midnight rounds to it
}

// part is a part of a time; missing stays missing.
func part(kind stepKind, seconds float64) float64 {
	if math.IsNaN(seconds) {
		return seconds
	}
	if kind == stepHour {
		return hourOf(seconds)
	}
	d := dateOf(seconds)
	switch kind {
	case stepYear:
		return d.year
	case stepMonth:
		return d.month
	case stepDay:
		return d.day
	case stepWeekday:
		return d.weekday
	}
	return d.yearday
}
