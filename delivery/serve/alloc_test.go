//go:build !race

package serve_test

import (
	"testing"

	"github.com/valyala/fastjson"

	"dasier/delivery/serve"
)

// The race detector makes pools forget at random, so that counting
// allocations under it says nothing.
func TestAnswerAllocatesNothing(t *testing.T) {
	e := serve.New()
	load(t, e, 1)
	endpoint := endpointOf(t, e)
	var parser fastjson.Parser
	for _, want := range []serve.Want{{}, {Explain: true}} {
		got := testing.AllocsPerRun(1000, func() {
			scratch := endpoint.Borrow()
			v, err := parser.Parse(`{"Gr_Liv_Area":1500,"Kitchen":"Good","Neighborhood":"Atlantis"}`)
			if err == nil {
				err = endpoint.Decode(v, scratch)
			}
			if err != nil {
				t.Fatal(err)
			}
			endpoint.Answer(scratch, want)
			endpoint.Return(scratch)
		})
		if got >= 1 { // a garbage collection may empty the pool once in a while
			t.Errorf("%+v: %v allocations per row, want none", want, got)
		}
	}
}
