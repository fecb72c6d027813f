package train

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"dasier/ml/metric"
)

// Schema is the JSON schema of model.yaml, for editors: draft 2020-12. The
// parser does not use it; tests hold their keys together, and write the section
// of the candidates from the table of algorithms.
//
//go:embed schema.json
var Schema []byte

// schemaOfCandidates is the section of the schema that says what candidates a
// recipe may list. What several places allow is said once, among the
// definitions, and referred to: an algorithm, and the values of a setting.
func schemaOfCandidates() (section, definitions map[string]any) {
	definitions = map[string]any{}
	of, simple := map[string]any{}, map[string]any{}
	names, simpleNames := []any{}, []any{}
	for _, a := range algorithms {
		names = append(names, a.name)
		definitions[a.name] = a.schema(definitions)
		of[a.name] = reference(a.name)
		if !a.composed {
			simpleNames = append(simpleNames, a.name)
			simple[a.name] = reference(a.name)
		}
	}
	definitions[belowName] = map[string]any{
		"type": "array", "minItems": 2, "description": "The candidates that are combined, each with one value a setting.",
		"items": candidateSchema(simpleNames, simple),
	}
	return map[string]any{
		"type": "array", "minItems": 1,
		"description": "The models to choose among. Default: linear, ridge, forest and boosting for a number; logistic, forest and boosting for classes.",
		"items":       candidateSchema(names, of),
	}, definitions
}

// belowName is the definition of what a composed algorithm is made of.
const belowName = "combined"

// reference stands for a definition.
func reference(name string) map[string]any { return map[string]any{"$ref": "#/$defs/" + name} }

func candidateSchema(names []any, of map[string]any) map[string]any {
	return map[string]any{"oneOf": []any{
		map[string]any{"enum": names},
		map[string]any{
			"type": "object", "description": "One algorithm with its settings.",
			"additionalProperties": false, "properties": of, "minProperties": 1,
		},
	}}
}

func (a algorithm) schema(definitions map[string]any) map[string]any {
	properties := map[string]any{}
	for _, s := range a.settings {
		properties[s.name] = s.schema(definitions)
	}
	of := map[string]any{"type": "object", "description": "Settings.", "additionalProperties": false, "properties": properties}
	alternatives := []any{map[string]any{"type": "null"}, of}
	if a.composed {
		properties["of"] = reference(belowName)
		of["required"] = []any{"of"}
		alternatives = alternatives[1:]
	}
	return map[string]any{"description": a.about, "oneOf": alternatives}
}

// schema is the setting's own sentence and the values that it may have; settings
// with the same values share their definition.
func (s setting) schema(definitions map[string]any) map[string]any {
	value, name := s.value()
	name = strings.ReplaceAll(name, " ", "-")
	definitions[name] = tried(value, s.kind == isNumber || s.kind == isWhole)
	of := reference(name)
	of["description"] = s.said()
	return of
}

// value is one value of the setting, and what such values are called.
func (s setting) value() (schema map[string]any, name string) {
	switch s.kind {
	case isTruth:
		return map[string]any{"type": "boolean"}, string(isTruth)
	case isWord:
		words := []any{}
		for _, w := range s.words {
			words = append(words, w)
		}
		return map[string]any{"enum": words}, strings.Join(s.words, " or ")
	}
	schema = map[string]any{"type": map[bool]string{true: "integer", false: "number"}[s.kind == isWhole]}
	for bound, v := range map[string]float64{
		map[bool]string{true: "exclusiveMinimum", false: "minimum"}[s.openMin]: s.min,
		map[bool]string{true: "exclusiveMaximum", false: "maximum"}[s.openMax]: s.max,
	} {
		if !math.IsInf(v, 0) {
			schema[bound] = v
		}
	}
	return schema, strings.TrimSpace(string(s.kind) + " " + strings.TrimPrefix(s.bounds(), "a "+string(isWhole)+" "))
}

// tried is one value, a list of them, or a range.
func tried(value map[string]any, ranges bool) map[string]any {
	alternatives := []any{value, map[string]any{"type": "array", "minItems": 1, "uniqueItems": true, "items": value}}
	if ranges {
		ends := map[string]any{"type": "array", "minItems": 2, "maxItems": 2, "items": value}
		alternatives = append(alternatives, map[string]any{
			"type": "object", "description": "A range to draw from: of whole numbers, or of numbers of which every order of magnitude is as likely.",
			"additionalProperties": false, "minProperties": 1, "maxProperties": 1,
			"properties": map[string]any{"log": ends, "int": ends, "range": ends},
		})
	}
	return map[string]any{"oneOf": alternatives}
}

// metricSchema allows the name of a metric; some names have a number in them.
func metricSchema(about string, more ...string) map[string]any {
	names := []any{}
	for _, name := range slices.Concat(metric.Names(metric.Regression, metric.Binary, metric.Multiclass), more) {
		names = append(names, name)
	}
	return map[string]any{"description": about, "anyOf": []any{
		map[string]any{"enum": names},
		map[string]any{"type": "string", "pattern": `^(pinball_0\.[0-9]+|tweedie_1\.[0-9]+|top_[0-9]+)$`},
	}}
}

// said is the setting's sentence with what is tried by default.
func (s setting) said() string {
	if len(s.tries) == 0 {
		return s.about
	}
	tried := make([]string, len(s.tries))
	for i, v := range s.tries {
		tried[i] = spell(v)
	}
	return fmt.Sprintf("%s Default: %s.", s.about, strings.Join(tried, ", "))
}

// withCandidates is a schema with the section written anew.
func withCandidates(text []byte) ([]byte, error) {
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	properties, _ := schema["properties"].(map[string]any)
	properties["candidates"], schema["$defs"] = schemaOfCandidates()
	search, _ := properties["search"].(map[string]any)["properties"].(map[string]any)
	search["metric"] = metricSchema("What candidates are compared by. Default: rmse, or log_loss for classes.")
	gates, _ := properties["gates"].(map[string]any)["items"].(map[string]any)["properties"].(map[string]any)
	gates["metric"] = metricSchema("What is judged.", gateFigures...)
	written, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the schema: %w", err)
	}
	return append(written, '\n'), nil
}
