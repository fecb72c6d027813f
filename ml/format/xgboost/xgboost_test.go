package xgboost_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"dasier/ml/format/xgboost"
	"dasier/ml/predict"
)

func TestHostileFiles(t *testing.T) {
	for _, name := range []string{"70_xgb_depth_cycle.json", "71_xgb_bad_index.json", "72_ubj_len_bomb.ubj"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := xgboost.Read(data, xgboost.Options{})
		if err == nil {
			var spec predict.Spec
			if spec, err = m.Spec("y", nil); err == nil {
				_, err = predict.Compile(spec)
			}
		}
		if err == nil {
			t.Errorf("%s was taken for a model", name)
		} else {
			t.Logf("%s: %v", name, err)
		}
	}
	deep := append([]byte("{U\x07learner"), bytes.Repeat([]byte("["), 500_000)...)
	if _, err := xgboost.Read(deep, xgboost.Options{}); err == nil || !strings.Contains(err.Error(), "deeper") {
		t.Errorf("deep nesting: %v", err)
	}
	for _, text := range []string{"", "binf", "{}", `{"learner":{}}`, `{"learner":{"objective":{"name":"binary:hinge"},"gradient_booster":{"name":"gbtree"}}}`} {
		if _, err := xgboost.Read([]byte(text), xgboost.Options{}); err == nil {
			t.Errorf("%q was taken for a model", text)
		}
	}
}
