package docs

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Model is what an endpoint says of itself.
type Model struct {
	Endpoint string `json:"endpoint"`
	Title    string `json:"title"`
	Public   bool   `json:"public"`
	Name     string `json:"model"`
	Version  int    `json:"version"`
	Target   struct {
		Name string `json:"name"`
		Unit string `json:"unit"`
	} `json:"target"`
	Task     string   `json:"task"`
	Classes  []string `json:"classes"`
	Decides  bool     `json:"decides"`
	Targets  []string `json:"targets"`
	Interval *struct {
		Level float64 `json:"level"`
	} `json:"interval"`
	Inputs  []Input                    `json:"inputs"`
	Example map[string]json.RawMessage `json:"example"`
}

// Input is one input of the model.
type Input struct {
	Name        string   `json:"name"`
	Kind        string   `json:"kind"` // number, category, bool or time
	Required    bool     `json:"required"`
	Levels      []string `json:"levels"`
	Label       string   `json:"label"`
	Unit        string   `json:"unit"`
	Description string   `json:"description"`
	Min         *float64 `json:"min"`
	Max         *float64 `json:"max"`
	Median      *float64 `json:"median"`
	Mode        string   `json:"mode"`
	Whole       bool     `json:"whole"`
	Text        bool     `json:"text"`

	value json.RawMessage // of the example row
}

// Read reads what an endpoint says of itself.
func Read(info []byte) (*Model, error) {
	m := &Model{}
	if err := json.Unmarshal(info, m); err != nil {
		return nil, fmt.Errorf("reading what an endpoint is: %w", err)
	}
	for i := range m.Inputs {
		in := &m.Inputs[i]
		if in.value = m.Example[in.Name]; len(in.value) == 0 {
			in.value = in.usual()
		}
	}
	return m, nil
}

// usual is a value from the training rows' statistics, for models without an
// example.
func (in *Input) usual() json.RawMessage {
	switch in.Kind {
	case "category":
		if in.Text {
			return text("some words")
		}
		if in.Mode == "" && len(in.Levels) > 0 {
			return text(in.Levels[0])
		}
		return text(in.Mode)
	case "bool":
		return json.RawMessage("true")
	case "time":
		if in.Max != nil {
			return text(time.Unix(int64(*in.Max), 0).UTC().Format(time.DateOnly))
		}
		return text("2026-01-31")
	}
	if in.Median != nil {
		return json.RawMessage(strconv.FormatFloat(*in.Median, 'f', -1, 64))
	}
	return json.RawMessage("0")
}

// text is a text as JSON, for people to read: without < for <.
func text(v string) json.RawMessage {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return json.RawMessage(`""`) // cannot be: a string
	}
	return json.RawMessage(strings.TrimSuffix(out.String(), "\n"))
}

// datatype is the tensor type that the input's metadata names.
func (in *Input) datatype() string {
	switch in.Kind {
	case "category", "time":
		return "BYTES"
	case "bool":
		return "BOOL"
	}
	return "FP64"
}

// Range says in words what the training rows had.
func (in *Input) Range() string {
	switch {
	case in.Text:
		return "free text"
	case in.Kind == "category":
		const most = 6
		shown := in.Levels[:min(len(in.Levels), most)]
		words := strings.Join(shown, ", ")
		if more := len(in.Levels) - len(shown); more > 0 {
			words += fmt.Sprintf(" and %d more", more)
		}
		return words
	case in.Min == nil || in.Max == nil || *in.Min == 0 && *in.Max == 0:
		return ""
	case in.Kind == "time":
		return time.Unix(int64(*in.Min), 0).UTC().Format(time.DateOnly) + " to " + time.Unix(int64(*in.Max), 0).UTC().Format(time.DateOnly)
	}
	return strconv.FormatFloat(*in.Min, 'g', 6, 64) + " to " + strconv.FormatFloat(*in.Max, 'g', 6, 64)
}

// Value is the example's value as a form shows it.
func (in *Input) Value() string {
	var words string
	if json.Unmarshal(in.value, &words) == nil {
		return words
	}
	if string(in.value) == "null" {
		return ""
	}
	return string(in.value)
}

// Shown is the name for people.
func (in *Input) Shown() string {
	if in.Label != "" {
		return in.Label
	}
	return in.Name
}

// row is the example row as a JSON object.
func (m *Model) row() string {
	parts := make([]string, len(m.Inputs))
	for i := range m.Inputs {
		parts[i] = string(text(m.Inputs[i].Name)) + ": " + string(m.Inputs[i].value)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// tensors are the example row as the Open Inference protocol has it.
func (m *Model) tensors() string {
	parts := make([]string, len(m.Inputs))
	for i := range m.Inputs {
		in := &m.Inputs[i]
		parts[i] = fmt.Sprintf(`{"name": %s, "datatype": %q, "shape": [1], "data": [%s]}`, text(in.Name), in.datatype(), in.value)
	}
	return `{"inputs": [` + strings.Join(parts, ",\n  ") + `]}`
}

// positional is the example row's values in the model's order.
func (m *Model) positional() string {
	parts := make([]string, len(m.Inputs))
	for i := range m.Inputs {
		parts[i] = string(m.Inputs[i].value)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
