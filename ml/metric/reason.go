package metric

import (
	"fmt"
	"strings"
)

// reason says why a metric is undefined on these rows, and what to do.
func (m *Metric) reason(d *data, cfg Config) string {
	if cfg.Task == Regression {
		return fmt.Sprintf("%s needs %s: on these %d rows it is undefined", m.Title, m.needs, len(d.y))
	}
	var present []string
	for k := range d.classes() {
		for i := range d.y {
			if d.class(i) == k && d.weight(i) > 0 {
				present = append(present, cfg.class(k))
				break
			}
		}
	}
	if len(present) == 1 {
		return fmt.Sprintf("%s needs %s, and all %d rows are %q: hold out more rows, or split so that every class is on both sides (stratified)",
			m.Title, m.needs, len(d.y), present[0])
	}
	return fmt.Sprintf("%s needs %s: the %d rows have the classes %s", m.Title, m.needs, len(d.y), strings.Join(present, ", "))
}

// class is the name of class k.
func (c Config) class(k int) string {
	if k < len(c.Classes) {
		return c.Classes[k]
	}
	return fmt.Sprint(k)
}
