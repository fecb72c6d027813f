package foreign

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"dasier/fault"
)

// letters is how much of a text is looked at, and quoted how much of it is told.
const (
	letters = 4096
	quoted  = 60
)

// oldPickle is what pickles of protocol 0, which are text themselves, hold near
// their beginning: a class by its module and name, or a place in the memo.
var oldPickle = regexp.MustCompile(`(?m)^[(\])}]*[ci][A-Za-z_][\w.]*\n[A-Za-z_]\w*$|^[a-z()\]}]*p\d+$`)

// noModel refuses text that stands where a model should: what a server answered
// in its place, a pointer to the file, a table. It is nil for all else.
func noModel(data []byte) error {
	text, ok := printable(data)
	if !ok || oldPickle.MatchString(text) {
		return nil
	}
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	switch {
	case strings.Contains(text, "outs:") && strings.Contains(text, "md5:"):
		return fault.Errorf(fault.Invalid, "the file is a DVC pointer, not the model: run dvc pull, and commit or send what it fetches")
	case strings.Contains(line, "annex/objects/"):
		return fault.Errorf(fault.Invalid, "the file is a git-annex pointer, not the model: run git annex get, and commit or send what it fetches")
	case coded(line):
		return fault.Errorf(fault.Invalid, "the file is a pickle written as text in base64: decode it first (base64 -d)")
	case tabular(text):
		return fault.Errorf(fault.Invalid, "the file is a table in CSV, not a model: it begins with %q", short(line))
	}
	return fault.Errorf(fault.Invalid, "the file is text, not a model: it begins with %q. If that is what a server answered, the download failed", short(line))
}

// printable gives the beginning of what is text.
func printable(data []byte) (string, bool) {
	head := data[:min(len(data), letters)]
	if len(data) > letters { // a letter may be cut
		for k := 0; k < utf8.UTFMax && !utf8.Valid(head); k++ {
			head = head[:len(head)-1]
		}
	}
	if !utf8.Valid(head) {
		return "", false
	}
	text := strings.TrimPrefix(string(head), "\ufeff")
	for _, r := range text {
		if r == utf8.RuneError || !unicode.IsPrint(r) && !strings.ContainsRune("\t\r\n\f", r) {
			return "", false
		}
	}
	return text, true
}

// coded tells a pickle in base64: its first bytes are what protocols 2 to 5 begin
// with.
func coded(line string) bool {
	const some = 40
	if len(line) < some {
		return false
	}
	raw, err := base64.StdEncoding.DecodeString(line[:some])
	return err == nil && raw[0] == 0x80 && raw[1] >= 2 && raw[1] <= 5
}

// tabular tells lines of as many cells.
func tabular(text string) bool {
	lines := strings.SplitN(strings.TrimSpace(text), "\n", 4)
	if len(lines) < 2 {
		return false
	}
	commas := strings.Count(lines[0], ",")
	return commas > 0 && strings.Count(lines[1], ",") == commas && (len(lines) < 4 || strings.Count(lines[2], ",") == commas)
}

func short(line string) string {
	line = strings.TrimSpace(line)
	if utf8.RuneCountInString(line) > quoted {
		line = string([]rune(line)[:quoted]) + "…"
	}
	return line
}

// Instead is what to do with a model of a library that is not read, by MLflow's
// name of it.
func Instead(flavor string) string {
	switch flavor {
	case "catboost":
		return "Export it with save_model(..., format=\"onnx\") and use that file"
	case "keras", "pytorch", "tensorflow", "fastai", "paddle", "transformers", "sentence_transformers":
		return "Export the network to ONNX and use that file"
	}
	return "Use scikit-learn, XGBoost or LightGBM, or export it to ONNX"
}

// noModelInJSON refuses JSON that no reader knows, by what it is.
func noModelInJSON(data []byte) error {
	head := data[:min(len(data), 1<<20)]
	has := func(keys ...string) bool {
		for _, key := range keys {
			if !bytes.Contains(head, []byte(`"`+key+`"`)) {
				return false
			}
		}
		return true
	}
	switch {
	case has("oblivious_trees"), has("trees", "features_info", "model_info"):
		return fault.Errorf(fault.Invalid, "the file is a CatBoost model in JSON, in a form of CatBoost's own: export it with save_model(..., format=\"onnx\") and use that file")
	case has("class_name", "config"):
		return fault.Errorf(fault.Invalid, "the file is the plan of a Keras network in JSON, without its weights: export the network to ONNX (tf2onnx) and use that file")
	case has("nbformat", "cells"):
		return fault.Errorf(fault.Invalid, "the file is a Jupyter notebook, not a model: run it, and use the model that it saves")
	case has("message", "documentation_url"):
		return fault.Errorf(fault.Invalid, "the file is a server's answer that it has no such file, not a model: download it again")
	}
	return fault.Errorf(fault.Invalid, "the file is JSON, and no model of XGBoost's (save_model) or LightGBM's (dump_model)")
}
