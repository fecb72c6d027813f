package train_test

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// referred is the definition that a reference within the whole schema means.
func referred(whole map[string]any, ref string) map[string]any {
	definitions, _ := whole["$defs"].(map[string]any)
	definition, _ := definitions[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	return definition
}

// validate is as much of JSON Schema (draft 2020-12) as schema.json uses. An
// unknown keyword is an error, so that the schema cannot outgrow the test.
func validate(whole, schema map[string]any, value any, path string) error {
	for keyword, want := range schema {
		var err error
		switch keyword {
		case "$schema", "$defs", "title", "description":
		case "$ref":
			definition := referred(whole, want.(string))
			if definition == nil {
				return fmt.Errorf("%s: there is no definition %v", path, want)
			}
			err = validate(whole, definition, value, path)
		case "type":
			err = ofType(want.(string), value)
		case "enum":
			if !slices.Contains(want.([]any), value) {
				err = fmt.Errorf("%v is not one of %v", value, want)
			}
		case "const":
			if value != want {
				err = fmt.Errorf("%v is not %v", value, want)
			}
		case "pattern":
			if text, ok := value.(string); ok && !regexp.MustCompile(want.(string)).MatchString(text) {
				err = fmt.Errorf("%q does not match %v", text, want)
			}
		case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
			err = within(keyword, want.(float64), value)
		case "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties":
			err = sized(keyword, int(want.(float64)), value)
		case "properties": // with additionalProperties
		case "uniqueItems":
			items, _ := value.([]any)
			for i, item := range items {
				if slices.ContainsFunc(items[:i], func(before any) bool { return reflect.DeepEqual(before, item) }) {
					err = fmt.Errorf("%v stands twice", item)
				}
			}
		case "items":
			items, _ := value.([]any)
			for i, item := range items {
				if err == nil {
					err = validate(whole, want.(map[string]any), item, fmt.Sprintf("%s[%d]", path, i))
				}
			}
		case "required":
			object, _ := value.(map[string]any)
			for _, key := range want.([]any) {
				if _, ok := object[key.(string)]; object != nil && !ok {
					err = fmt.Errorf("no %v", key)
				}
			}
		case "additionalProperties":
			err = validateObject(whole, schema, want, value, path)
		case "oneOf", "anyOf":
			matches := 0
			for _, alternative := range want.([]any) {
				if validate(whole, alternative.(map[string]any), value, path) == nil {
					matches++
				}
			}
			if matches == 0 || keyword == "oneOf" && matches > 1 {
				err = fmt.Errorf("%d alternatives of %s match", matches, keyword)
			}
		default:
			return fmt.Errorf("the test does not know the keyword %q", keyword)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

func validateObject(whole, schema map[string]any, additional, value any, path string) error {
	object, _ := value.(map[string]any)
	properties, _ := schema["properties"].(map[string]any)
	for key, v := range object {
		of, known := properties[key].(map[string]any)
		if !known {
			if of, known = additional.(map[string]any); !known {
				return fmt.Errorf("unknown key %q", key)
			}
		}
		if err := validate(whole, of, v, path+"."+key); err != nil {
			return err
		}
	}
	return nil
}

func ofType(want string, value any) error {
	got := "null"
	switch value.(type) {
	case map[string]any:
		got = "object"
	case []any:
		got = "array"
	case string:
		got = "string"
	case bool:
		got = "boolean"
	case int:
		got = "integer"
	case float64:
		got = "number"
	}
	if got == want || got == "integer" && want == "number" {
		return nil
	}
	return fmt.Errorf("%v is no %s but %s", value, want, got)
}

func within(keyword string, bound float64, value any) error {
	v, ok := value.(float64)
	if whole, isWhole := value.(int); isWhole {
		v, ok = float64(whole), true
	}
	if !ok {
		return nil
	}
	if map[string]bool{"minimum": v >= bound, "maximum": v <= bound, "exclusiveMinimum": v > bound, "exclusiveMaximum": v < bound}[keyword] {
		return nil
	}
	return fmt.Errorf("%v breaks %s %v", value, keyword, bound)
}

func sized(keyword string, bound int, value any) error {
	size := -1
	switch v := value.(type) {
	case string:
		size = len([]rune(v))
	case []any:
		size = len(v)
	case map[string]any:
		size = len(v)
	}
	if size < 0 || strings.HasPrefix(keyword, "max") && size <= bound || strings.HasPrefix(keyword, "min") && size >= bound {
		return nil
	}
	return fmt.Errorf("size %d breaks %s %d", size, keyword, bound)
}
