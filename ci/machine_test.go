package ci

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"dasier/fault"
)

var update = flag.Bool("update", false, "write STATES.md anew")

// STATES.md is what people read of the table; it never differs from it.
func TestStatesAreDrawn(t *testing.T) {
	drawn := drawMachine()
	if *update {
		if err := os.WriteFile("STATES.md", []byte(drawn), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile("STATES.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != drawn {
		t.Error("STATES.md does not show the table in machine.go: run `go test ./ci -run TestStatesAreDrawn -update` and look at the difference")
	}
}

func drawMachine() string {
	var b strings.Builder
	b.WriteString("# The states of a job\n\nDrawn from the table in `machine.go` by its test; do not edit.\n\n## Every step in every state\n\n| state |")
	for _, what := range Steps {
		fmt.Fprintf(&b, " %s |", what)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(Steps)) + "\n")
	for _, from := range Statuses {
		fmt.Fprintf(&b, "| **%s** |", from)
		for _, what := range Steps {
			to, err := next(from, what)
			if err != nil {
				to = "·"
			}
			fmt.Fprintf(&b, " %s |", to)
		}
		b.WriteString("\n")
	}
	b.WriteString("\nA dot is a step that cannot happen: it answers a conflict and changes nothing.\n\n## The picture\n\n```mermaid\nstateDiagram-v2\n  [*] --> created\n")
	for _, from := range Statuses {
		for _, to := range Statuses {
			var steps []string
			for _, what := range Steps {
				if machine[from][what] == to {
					steps = append(steps, string(what))
				}
			}
			if len(steps) > 0 {
				fmt.Fprintf(&b, "  %s --> %s: %s\n", from, to, strings.Join(steps, ", "))
			}
		}
		if from.Finished() {
			fmt.Fprintf(&b, "  %s --> [*]\n", from)
		}
	}
	b.WriteString("```\n\nTrying a job again is no step: it adds an attempt, which begins at created, and marks the old one retried.\n")
	return b.String()
}

func TestMachineIsWhole(t *testing.T) {
	if len(machine) != len(Statuses) {
		t.Errorf("the table has %d states, the list %d", len(machine), len(Statuses))
	}
	for from, row := range machine {
		if !slices.Contains(Statuses, from) {
			t.Errorf("state %s is not listed", from)
		}
		for what, to := range row {
			if !slices.Contains(Steps, what) || !slices.Contains(Statuses, to) {
				t.Errorf("%s --%s--> %s names what is not listed", from, what, to)
			}
		}
		if from.Finished() && from != Skipped && len(row) > 0 {
			t.Errorf("%s is an end, and has steps %v", from, row)
		}
	}
	if _, err := next(Success, Fail); !fault.Is(err, fault.Conflict) {
		t.Errorf("an impossible step answers a conflict, got %v", err)
	}
}

// Whatever state a job is in, it can reach an end.
func TestEveryStateReachesAnEnd(t *testing.T) {
	for _, from := range Statuses {
		seen := map[Status]bool{from: true}
		for queue := []Status{from}; len(queue) > 0; queue = queue[1:] {
			for _, to := range machine[queue[0]] {
				if !seen[to] {
					seen[to] = true
					queue = append(queue, to)
				}
			}
		}
		if !seen[Success] && !seen[Failed] && !seen[Canceled] {
			t.Errorf("%s reaches no end", from)
		}
	}
}
