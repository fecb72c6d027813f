package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"dasier/ml/frame"
	"dasier/ml/profile"
)

// look does once what is measured, and tells it.
func look(csv string) error {
	var s seen
	start := time.Now()
	lap := func() float64 {
		took := time.Since(start).Seconds()
		start = time.Now()
		return took
	}
	f, _, err := frame.Open(context.Background(), csv, frame.Config{})
	if err != nil {
		return err
	}
	s.Read = lap()
	p, err := profile.New(f, profile.Config{})
	if err != nil {
		return err
	}
	s.Profile = lap()
	correlations := profile.Correlate(f)
	s.Correlations = lap()
	for _, v := range p.Variables {
		if v.Numbers == nil {
			return fmt.Errorf("the column %q is not of numbers", v.Name)
		}
		s.Means, s.Medians = append(s.Means, v.Numbers.Mean), append(s.Medians, v.Numbers.Quantiles.P50)
	}
	for _, row := range correlations.Values {
		var values []float64
		for _, r := range row {
			if r == nil {
				return fmt.Errorf("two columns have no correlation")
			}
			values = append(values, *r)
		}
		s.Matrix = append(s.Matrix, values)
	}
	if s.Peak, err = peak(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(s)
}

// peak is the most memory this process has had, in MB.
func peak() (float64, error) {
	file, err := os.Open("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("reading the peak of memory: %w", err)
	}
	defer func() { _ = file.Close() }() // only read from
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			var kilobytes float64
			if _, err := fmt.Sscan(text, &kilobytes); err != nil {
				return 0, fmt.Errorf("reading the peak of memory: %w", err)
			}
			return kilobytes / 1024, nil
		}
	}
	return 0, fmt.Errorf("the system tells no peak of memory")
}
