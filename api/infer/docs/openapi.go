package docs

import (
	"encoding/json"
	"fmt"
	"strconv"
)

type object = map[string]any

// OpenAPI is the document (OpenAPI 3.1) of a model that is asked at base.
func (m *Model) OpenAPI(base string) ([]byte, error) {
	security := []object{{"bearer": []string{}}}
	if m.Public {
		security = []object{}
	}
	document := object{
		"openapi":  "3.1.0",
		"info":     object{"title": m.Title, "version": strconv.Itoa(m.Version), "description": "Model " + m.Name + " at endpoint " + m.Endpoint + ". It answers " + m.answer() + "."},
		"servers":  []object{{"url": base}},
		"security": security,
		"paths":    m.paths(),
		"components": object{
			"schemas":         m.schemas(),
			"securitySchemes": object{"bearer": object{"type": "http", "scheme": "bearer"}},
		},
	}
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the document of %s: %w", m.Endpoint, err)
	}
	return append(text, '\n'), nil
}

func (m *Model) paths() object {
	open := "/v2/models/" + m.Endpoint
	infer := operation("Predict, in the Open Inference protocol", "infer", ref("InferRequest"), json.RawMessage(m.tensors()), ref("InferResponse"), ref("OpenError"), "400")
	metadata := get("What the model takes and gives", "metadata", ref("ModelMetadata"))
	ready := get("Whether the model answers", "ready", object{"type": "object", "properties": object{"name": object{"type": "string"}, "ready": object{"type": "boolean"}}})
	return object{
		"/api/v1/endpoints/" + m.Endpoint + "/predict": object{"post": operation("Predict one row, or a list of rows", "predict",
			object{"oneOf": []any{ref("Row"), object{"type": "array", "items": ref("Row")}}}, json.RawMessage(m.row()),
			object{"oneOf": []any{ref("Answer"), object{"type": "array", "items": ref("Answer")}}}, ref("Problem"), "422")},
		open:            object{"get": metadata},
		open + "/ready": object{"get": ready},
		open + "/infer": object{"post": infer},
		"/v1/models/" + m.Endpoint + ":predict": object{"post": operation("Predict, in KServe's first protocol", "kservePredict",
			object{"type": "object", "required": []string{"instances"}, "properties": object{"instances": object{"type": "array", "items": object{"oneOf": []any{object{"type": "array", "minItems": len(m.Inputs), "maxItems": len(m.Inputs)}, ref("Row")}}}}},
			json.RawMessage(`{"instances": [`+m.positional()+`]}`), ref("Predictions"), ref("OpenError"), "400")},
		"/api/v1/endpoints/" + m.Endpoint + "/invocations": object{"post": operation("Predict, in MLflow's scoring protocol", "invocations",
			ref("Scoring"), json.RawMessage(`{"dataframe_records": [`+m.row()+`]}`), ref("Predictions"), ref("ScoringError"), "400")},
	}
}

func ref(name string) object { return object{"$ref": "#/components/schemas/" + name} }

func content(schema any, example any) object {
	body := object{"schema": schema}
	if example != nil {
		body["example"] = example
	}
	return object{"application/json": body}
}

func get(summary, id string, answer any) object {
	return object{"summary": summary, "operationId": id, "responses": object{"200": object{"description": "The answer", "content": content(answer, nil)}}}
}

func operation(summary, id string, body any, example json.RawMessage, answer, failure any, wrong string) object {
	return object{
		"summary": summary, "operationId": id,
		"requestBody": object{"required": true, "content": content(body, example)},
		"responses": object{
			"200": object{"description": "The answer", "content": content(answer, nil)},
			wrong: object{"description": "Something about the request is wrong; it says what", "content": content(failure, nil)},
		},
	}
}

func (m *Model) schemas() object {
	properties, required := object{}, []string{}
	for i := range m.Inputs {
		in := &m.Inputs[i]
		properties[in.Name] = in.schema()
		if in.Required {
			required = append(required, in.Name)
		}
	}
	word, number, list := object{"type": "string"}, object{"type": "number"}, object{"type": "array", "items": object{}}
	row := object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	answer := object{
		"prediction": number, "unit": word, "model": word, "version": object{"type": "integer"}, "notices": object{"type": "array", "items": object{"type": "object"}},
		"interval": object{"type": "object", "properties": object{"low": number, "high": number, "level": number}},
	}
	if len(m.Classes) > 0 {
		answer["label"] = object{"type": "string", "enum": m.Classes}
		answer["probabilities"] = object{"type": "object", "additionalProperties": number}
		answer["set"] = object{"type": "object", "properties": object{"classes": object{"type": "array", "items": word}, "level": number}}
	}
	if len(m.Targets) > 0 {
		answer["values"] = object{"type": "object", "additionalProperties": number}
	}
	tensor := object{"type": "object", "required": []string{"name", "datatype", "shape"}, "properties": object{
		"name": word, "datatype": object{"type": "string", "enum": []string{"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64", "BYTES"}},
		"shape": object{"type": "array", "items": object{"type": "integer"}}, "parameters": object{"type": "object"}, "data": list,
	}}
	tensors := object{"type": "array", "items": ref("Tensor")}
	described := object{"type": "array", "items": object{"type": "object"}}
	return object{
		"Row":           row,
		"Answer":        object{"type": "object", "properties": answer, "required": []string{"prediction", "model", "version"}},
		"Problem":       object{"type": "object", "properties": object{"status": object{"type": "integer"}, "title": word, "detail": word, "errors": object{"type": "array", "items": object{"type": "object", "properties": object{"location": word, "message": word}}}}},
		"Tensor":        tensor,
		"InferRequest":  object{"type": "object", "required": []string{"inputs"}, "properties": object{"id": word, "parameters": object{"type": "object"}, "inputs": tensors, "outputs": described}},
		"InferResponse": object{"type": "object", "required": []string{"model_name", "outputs"}, "properties": object{"model_name": word, "model_version": word, "id": word, "parameters": object{"type": "object"}, "outputs": tensors}},
		"ModelMetadata": object{"type": "object", "properties": object{"name": word, "versions": object{"type": "array", "items": word}, "platform": word, "inputs": described, "outputs": described}},
		"OpenError":     object{"type": "object", "properties": object{"error": word}},
		"Predictions":   object{"type": "object", "required": []string{"predictions"}, "properties": object{"predictions": list}},
		"Scoring":       object{"type": "object", "properties": object{"dataframe_split": object{"type": "object"}, "dataframe_records": object{"type": "array", "items": ref("Row")}, "instances": list, "inputs": object{}, "params": object{"type": "object"}}},
		"ScoringError":  object{"type": "object", "properties": object{"error_code": word, "message": word}},
	}
}

// schema is the input's. Ranges are what the training rows had, not limits:
// they stand in the description.
func (in *Input) schema() object {
	s := object{}
	switch in.Kind {
	case "category":
		s["type"] = "string"
	case "time":
		s["type"], s["description"] = "string", "a date, or a time as in RFC 3339"
	case "bool":
		s["type"] = "boolean"
	default:
		s["type"] = "number"
	}
	if !in.Required {
		s["type"] = []any{s["type"], "null"}
	}
	description := in.Description
	if span := in.Range(); span != "" {
		if description != "" {
			description += "; "
		}
		description += "in the training data: " + span
		if in.Unit != "" && in.Kind == "number" {
			description += " " + in.Unit
		}
	}
	if description != "" {
		s["description"] = description
	}
	if in.Label != "" {
		s["title"] = in.Label
	}
	s["examples"] = []any{in.value}
	return s
}
