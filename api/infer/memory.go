package infer

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"dasier/delivery/serve"
)

// memory tells what the loaded models take.
type memory struct{ engine *serve.Engine }

var (
	modelMemory = describe("dasier_model_memory_bytes", "Memory that a loaded model takes, by endpoint and model version.", byEndpoint...)
	mostMemory  = describe("dasier_model_memory_limit_bytes", "Memory that all loaded models may take together; 0 is no bound.")
)

// Describe implements prometheus.Collector.
func (m memory) Describe(to chan<- *prometheus.Desc) {
	to <- modelMemory
	to <- mostMemory
}

// Collect implements prometheus.Collector.
func (m memory) Collect(to chan<- prometheus.Metric) {
	for _, e := range m.engine.Endpoints() {
		to <- prometheus.MustNewConstMetric(modelMemory, prometheus.GaugeValue, float64(e.Memory()), e.Name, strconv.Itoa(e.Version))
	}
	_, most := m.engine.Memory()
	to <- prometheus.MustNewConstMetric(mostMemory, prometheus.GaugeValue, float64(most))
}
