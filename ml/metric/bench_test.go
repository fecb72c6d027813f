package metric_test

import (
	"math/rand/v2"
	"testing"

	"dasier/ml/metric"
)

// BenchmarkMeasure measures 100,000 rows: bound by the additions of the bootstrap.
func BenchmarkMeasure(b *testing.B) {
	for _, task := range tasks {
		y, p := rows(rand.New(rand.NewPCG(1, 1)), 100_000, task)
		for name, metrics := range map[string][]string{"usual": nil, "all": metric.Names(task)} {
			b.Run(task+" "+name, func(b *testing.B) {
				for b.Loop() {
					if _, err := metric.Measure(y, p, metric.Config{Task: task, Metrics: metrics}); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("compare "+task+" "+name, func(b *testing.B) {
				for b.Loop() {
					if _, err := metric.Compare(y, p, p, metric.Config{Task: task, Metrics: metrics}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
