package main

import (
	"os"
	"strings"
	"testing"
)

// The page shows this program's own lines.
func TestPageShowsTheProgram(t *testing.T) {
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/use/learning-in-go.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "```go\n")
	block, _, ends := strings.Cut(rest, "```")
	if !found || !ends {
		t.Fatal("the page has no program")
	}
	if block = "\t" + strings.TrimSuffix(strings.ReplaceAll(block, "\n", "\n\t"), "\t"); !strings.Contains(string(program), block) {
		t.Errorf("main.go does not have what the page shows:\n%s", block)
	}
}
