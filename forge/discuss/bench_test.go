package discuss_test

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"dasier/forge/discuss"
)

// The request of the benchmark: as large as a page is still opened.
const (
	benchFiles    = 500
	benchComments = 200
	benchVersions = 5
)

// big makes a request with many files, versions and comments. It is the same
// each time.
func big(b *testing.B) *house {
	b.Helper()
	h := newHouse(b)
	random := rand.New(rand.NewSource(1))
	name := func(i int) string { return fmt.Sprintf("pkg%02d/file%03d.go", i%20, i) }
	texts := make([][]string, benchFiles)
	write := func() map[string]string {
		files := map[string]string{}
		for i, text := range texts {
			files[name(i)] = strings.Join(text, "\n") + "\n"
		}
		return files
	}
	for i := range texts {
		for n := range 200 {
			texts[i] = append(texts[i], fmt.Sprintf("\tvalue%d := compute(%d, %d)", n, i, random.Intn(1000)))
		}
	}
	h.push("main", write())
	for range benchVersions {
		for i := range texts {
			for range 3 {
				texts[i][random.Intn(200)] = fmt.Sprintf("\tchanged := better(%d)", random.Intn(1_000_000))
			}
			at := random.Intn(200)
			texts[i] = append(texts[i][:at], append([]string{"\t// one more line"}, texts[i][at:]...)...)
		}
		h.push("feature", write())
		for range benchComments / benchVersions {
			body := "This could be clearer, @developer: see `compute`.\n" + suggest("", "\tclearer()")
			h.start("reporter", body, h.at(name(random.Intn(benchFiles)), 0, 1+random.Intn(200)))
		}
	}
	return h
}

// BenchmarkPage is what the server does when the page of a large merge request
// opens: its diff, and its threads where they stand now.
func BenchmarkPage(b *testing.B) {
	h := big(b)
	ctx := b.Context()
	b.Run("diff", func(b *testing.B) {
		for b.Loop() {
			diff, err := h.talk.Diff(ctx, h.who["reporter"], h.id, 1, discuss.Range{})
			if err != nil || len(diff.Files) != benchFiles || diff.Files[0].Patch == "" {
				b.Fatal(len(diff.Files), err)
			}
		}
	})
	b.Run("threads", func(b *testing.B) {
		for b.Loop() {
			threads, err := h.talk.Threads(ctx, h.who["reporter"], h.id, 1)
			if err != nil || len(threads) != benchComments {
				b.Fatal(len(threads), err)
			}
		}
	})
}
