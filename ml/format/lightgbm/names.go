package lightgbm

import "strings"

// Names are the features' names, read from the header alone; nil where the text
// is no model.
func Names(data []byte) []string {
	l := &lines{rest: string(data)}
	for {
		line, ok := l.next()
		if !ok || strings.HasPrefix(line, treeMark) {
			return nil
		}
		if names, found := strings.CutPrefix(line, "feature_names="); found {
			return strings.Fields(names)
		}
	}
}
