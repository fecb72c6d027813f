package docs

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strings"
)

//go:embed page.html page.css page.js
var files embed.FS

var pageTemplate = template.Must(template.ParseFS(files, "page.html"))

// Policy is the content security policy of the page: its own two files, and
// requests to its own server.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// File gives the style or the script of the page, and its type; false for
// anything else.
func File(name string) (content []byte, contentType string, ok bool) {
	types := map[string]string{"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"}
	contentType, ok = types[name]
	if !ok {
		return nil, "", false
	}
	content, err := files.ReadFile(name)
	return content, contentType, err == nil
}

// snippet is a command to copy.
type snippet struct {
	Title, Language, Text string
}

// Page is the page of a model that is asked at base, "https://host".
func (m *Model) Page(base string) ([]byte, error) {
	var out bytes.Buffer
	err := pageTemplate.Execute(&out, map[string]any{"Model": m, "Base": base, "Snippets": m.snippets(base), "Answer": m.answer()})
	if err != nil {
		return nil, fmt.Errorf("writing the page of %s: %w", m.Endpoint, err)
	}
	return out.Bytes(), nil
}

// answer says in words what the model answers.
func (m *Model) answer() string {
	switch {
	case len(m.Targets) > 0:
		return "numbers: " + strings.Join(m.Targets, ", ")
	case len(m.Classes) > 0 && m.Decides:
		return "one of " + strings.Join(m.Classes, ", ")
	case len(m.Classes) > 0:
		return "one of " + strings.Join(m.Classes, ", ") + ", with probabilities"
	case m.Target.Unit != "":
		return m.Target.Name + " in " + m.Target.Unit
	}
	return m.Target.Name
}

func (m *Model) snippets(base string) []snippet {
	header, python, triton := "", "", ""
	if !m.Public {
		header = " \\\n  -H \"Authorization: Bearer $DASIER_TOKEN\""
		python = ",\n    headers={\"Authorization\": \"Bearer \" + os.environ[\"DASIER_TOKEN\"]}"
		triton = ",\n    headers={\"authorization\": \"Bearer \" + os.environ[\"DASIER_TOKEN\"]}"
	}
	host := strings.TrimPrefix(strings.TrimPrefix(base, "http://"), "https://")
	curl := func(path, body string) string {
		return "curl " + base + path + " \\\n  -H 'Content-Type: application/json'" + header + " \\\n  -d '" + strings.ReplaceAll(body, "'", `'\''`) + "'"
	}
	imports := "import requests\n"
	if !m.Public {
		imports = "import os\n" + imports
	}
	requests := func(path, body, read string) string {
		return imports + "\nanswer = requests.post(\"" + base + path + "\",\n    json=" + pythonOf(body) + python + ")\nanswer.raise_for_status()\nprint(answer.json()" + read + ")"
	}
	own, open := "/api/v1/endpoints/"+m.Endpoint+"/predict", "/v2/models/"+m.Endpoint+"/infer"
	served, scored := "/v1/models/"+m.Endpoint+":predict", "/api/v1/endpoints/"+m.Endpoint+"/invocations"
	records := `{"dataframe_records": [` + m.row() + `]}`
	return []snippet{
		{"Dasier", "curl", curl(own, m.row())},
		{"Dasier", "Python", requests(own, m.row(), "[\"prediction\"]")},
		{"Open Inference (REST)", "curl", curl(open, m.tensors())},
		{"Open Inference (REST)", "Python", requests(open, m.tensors(), "[\"outputs\"]")},
		{"Open Inference (gRPC)", "Python", m.triton(host, triton)},
		{"KServe", "curl", curl(served, `{"instances": [`+m.positional()+`]}`)},
		{"KServe", "Python", requests(served, `{"instances": [`+m.positional()+`]}`, "[\"predictions\"]")},
		{"MLflow", "curl", curl(scored, records)},
		{"MLflow", "Python", requests(scored, records, "[\"predictions\"]")},
	}
}

// triton is a program for NVIDIA's client library, the most used one of gRPC.
func (m *Model) triton(host, headers string) string {
	var out strings.Builder
	if headers != "" {
		out.WriteString("import os\n")
	}
	out.WriteString("import numpy as np\nimport tritonclient.grpc as grpc\n\nvalues = {\n")
	for i := range m.Inputs {
		in := &m.Inputs[i]
		kind := map[string]string{"BYTES": "object", "BOOL": "bool", "FP64": "np.float64"}[in.datatype()]
		fmt.Fprintf(&out, "    %s: np.array([%s], dtype=%s),\n", text(in.Name), pythonOf(string(in.value)), kind)
	}
	out.WriteString("}\ninputs = []\nfor name, value in values.items():\n")
	out.WriteString("    t = grpc.InferInput(name, [1], {\"O\": \"BYTES\", \"b\": \"BOOL\"}.get(value.dtype.char.replace(\"?\", \"b\"), \"FP64\"))\n")
	out.WriteString("    t.set_data_from_numpy(value)\n    inputs.append(t)\n")
	fmt.Fprintf(&out, "client = grpc.InferenceServerClient(\"%s\")\nprint(client.infer(\"%s\", inputs%s).as_numpy(\"%s\"))", host, m.Endpoint, headers, m.output())
	return out.String()
}

func (m *Model) output() string {
	if len(m.Classes) > 0 {
		return "label"
	}
	return "prediction"
}

// pythonOf turns JSON into Python: only three words differ. They are replaced
// outside of texts.
func pythonOf(json string) string {
	var out strings.Builder
	inText := false
	for i := 0; i < len(json); i++ {
		switch {
		case inText && json[i] == '\\':
			out.WriteByte(json[i])
			i++
		case json[i] == '"':
			inText = !inText
		case !inText && strings.HasPrefix(json[i:], "true"):
			out.WriteString("True")
			i += len("true") - 1
			continue
		case !inText && strings.HasPrefix(json[i:], "false"):
			out.WriteString("False")
			i += len("false") - 1
			continue
		case !inText && strings.HasPrefix(json[i:], "null"):
			out.WriteString("None")
			i += len("null") - 1
			continue
		}
		if i < len(json) {
			out.WriteByte(json[i])
		}
	}
	return out.String()
}
