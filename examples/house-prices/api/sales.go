package main

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

//go:embed sales.csv
var salesCSV string

// sale is a house that was sold.
type sale struct {
	Neighborhood string  `json:"neighborhood"`
	LivingArea   float64 `json:"living_area"`
	YearBuilt    float64 `json:"year_built"`
	Bedrooms     float64 `json:"bedrooms"`
	Price        float64 `json:"price"`
	YearSold     int     `json:"year_sold"`
	Latitude     float64 `json:"latitude"`
	Longitude    float64 `json:"longitude"`
}

// place is a neighborhood on the map.
type place struct {
	Name      string  `json:"name"`
	Latitude  float64 `json:"latitude"` // of its middle
	Longitude float64 `json:"longitude"`
	Sales     int     `json:"sales"`
	Median    float64 `json:"median"` // price
}

// sales is what was sold, read once.
type sales struct {
	all    []sale
	places []place
	points [][3]float64 // longitude, latitude, price
}

func readSales(text string) (*sales, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading sales.csv: %w", err)
	}
	s := &sales{}
	for i, row := range rows[1:] {
		var numbers [7]float64
		for j := range numbers {
			if numbers[j], err = strconv.ParseFloat(row[j+1], 64); err != nil {
				return nil, fmt.Errorf("sales.csv, line %d: %w", i+2, err)
			}
		}
		s.all = append(s.all, sale{row[0], numbers[0], numbers[1], numbers[2], numbers[3], int(numbers[4]), numbers[5], numbers[6]})
		s.points = append(s.points, [3]float64{numbers[6], numbers[5], numbers[3]})
	}
	s.places = placesOf(s.all)
	return s, nil
}

func placesOf(all []sale) []place {
	by := map[string][]sale{}
	for _, one := range all {
		by[one.Neighborhood] = append(by[one.Neighborhood], one)
	}
	list := []place{}
	for name, inside := range by {
		list = append(list, place{
			Name: name, Sales: len(inside),
			Latitude:  median(inside, func(s sale) float64 { return s.Latitude }),
			Longitude: median(inside, func(s sale) float64 { return s.Longitude }),
			Median:    median(inside, func(s sale) float64 { return s.Price }),
		})
	}
	slices.SortFunc(list, func(a, b place) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func median(list []sale, of func(sale) float64) float64 {
	values := make([]float64, len(list))
	for i, one := range list {
		values[i] = of(one)
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}

func (s *sales) knows(neighborhood string) bool {
	return slices.ContainsFunc(s.places, func(p place) bool { return p.Name == neighborhood })
}

// like finds the n sales that compare best. A tenth of the area weighs as much
// as ten years of age or one bedroom; another neighborhood as much as all three.
func (s *sales) like(h house, n int) []sale {
	type candidate struct {
		sale
		distance float64
	}
	candidates := make([]candidate, len(s.all))
	for i, one := range s.all {
		d := math.Abs(math.Log(one.LivingArea / *h.LivingArea)) / math.Log(1.1)
		d += math.Abs(one.YearBuilt-*h.YearBuilt) / 10
		if h.Bedrooms != nil {
			d += math.Abs(one.Bedrooms - *h.Bedrooms)
		}
		if one.Neighborhood != h.Neighborhood {
			d += 3
		}
		candidates[i] = candidate{one, d}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int {
		switch {
		case a.distance < b.distance:
			return -1
		case a.distance > b.distance:
			return 1
		}
		return b.YearSold - a.YearSold
	})
	found := make([]sale, min(n, len(candidates)))
	for i := range found {
		found[i] = candidates[i].sale
	}
	return found
}
