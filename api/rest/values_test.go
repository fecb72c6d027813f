package rest

import (
	"net/url"
	"testing"
)

// TestReader takes forms as it takes JSON.
func TestReader(t *testing.T) {
	form, err := url.ParseQuery("name=a&on=true&off=0&n=7&ids[]=1&ids[]=2&old=3,4&filter[environment_scope]=prod&none[]=0")
	if err != nil {
		t.Fatal(err)
	}
	v := values{"json": 7.0, "half": 0.5, "deep": map[string]any{"line": 3.0}, "list": []any{map[string]any{"key": "K"}}}
	v.addForm(form)
	r := &reader{values: v}
	if r.text("name") != "a" || !r.on("on") || r.on("off") || r.on("absent") || *r.number("n") != 7 || *r.number("json") != 7 || r.number("absent") != nil || r.count("n") != 7 {
		t.Error("plain values are misread")
	}
	if ids := *r.numbers("ids"); len(ids) != 2 || ids[1] != 2 {
		t.Errorf("the list is %v", ids)
	}
	if none := r.numbers("none"); none == nil || len(*none) != 0 {
		t.Errorf("a 0 alone is %v", none)
	}
	if old := r.texts("old"); len(old) != 2 || old[1] != "4" {
		t.Errorf("the list with commas is %v", old)
	}
	if r.object("filter").text("environment_scope") != "prod" || r.object("deep").count("line") != 3 || r.objects("list")[0].text("key") != "K" || r.object("absent") != nil {
		t.Error("objects are misread")
	}
	if r.err != nil {
		t.Errorf("nothing is wrong, and yet: %v", r.err)
	}
	for name, read := range map[string]func(*reader){
		"number": func(r *reader) { r.number("half") }, "text": func(r *reader) { r.text("json") }, "needed": func(r *reader) { r.needed("absent") },
		"flag": func(r *reader) { r.flag("name") }, "objects": func(r *reader) { r.objects("ids") }, "object": func(r *reader) { r.object("name") },
		"level": func(r *reader) { r.level("n") }, "day": func(r *reader) { r.day("name") }, "unsupported": func(r *reader) { r.unsupported("name") },
	} {
		r := &reader{values: v}
		if read(r); r.err == nil {
			t.Errorf("%s takes what is none", name)
		}
	}
}

func FuzzForm(f *testing.F) {
	for _, seed := range []string{"a=b", "a[]=1&a[]=2", "a[b]=c&a=d", "[=x", "a[[]]=1", "page=%zz", "[]=[]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		form, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		v := values{}
		v.addForm(form)
		for name := range v {
			r := &reader{values: v}
			_, _, _, _ = r.someText(name), r.flag(name), r.number(name), r.texts(name)
			_, _, _, _ = r.numbers(name), r.objects(name), r.object(name), r.day(name)
			if len(form) > 0 && v[name] == nil {
				t.Errorf("%q has lost %q", text, name)
			}
		}
	})
}
