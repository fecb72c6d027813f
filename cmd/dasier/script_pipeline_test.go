package main

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// storyPipeline is what the API says of a pipeline.
type storyPipeline struct {
	ID     int64      `json:"id"`
	Status string     `json:"status"`
	Error  string     `json:"error"`
	Jobs   []storyJob `json:"jobs"`
}

type storyJob struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Status  string `json:"status"`
	Failure string `json:"failure_reason"`
}

var over = []string{"success", "failed", "canceled", "skipped", "manual"}

// pipelineOf finds the newest pipeline of what a branch holds now; ok is false
// as long as there is none. A pipeline of an earlier push is never meant.
func pipelineOf(ts *testscript.TestScript, project, ref string) (p storyPipeline, ok bool) {
	base := "projects/" + url.PathEscape(project)
	var branches struct {
		Items []struct {
			Name string `json:"name"`
			SHA  string `json:"sha"`
		} `json:"items"`
	}
	askJSON(ts, base+"/branches", &branches)
	for _, b := range branches.Items {
		if b.Name != ref {
			continue
		}
		var found struct {
			Items []storyPipeline `json:"items"`
		}
		askJSON(ts, base+"/pipelines?per_page=1&ref="+url.QueryEscape(ref)+"&sha="+b.SHA, &found)
		if len(found.Items) == 0 {
			return p, false
		}
		askJSON(ts, fmt.Sprintf("%s/pipelines/%d", base, found.Items[0].ID), &p)
		return p, true
	}
	ts.Fatalf("%s has no branch %s", project, ref)
	return p, false
}

// waitPipelineScript waits until a branch's newest pipeline has a status, or is
// over however it ended, and puts its number into $PIPELINE. It gives up at once when the pipeline is over
// with another status, and then shows the jobs and the logs of those that failed.
func waitPipelineScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) != 3, "wait-pipeline PROJECT REF STATUS|over")
	project, ref, want := args[0], args[1], args[2]
	var p storyPipeline
	eventually(ts, func() bool {
		var ok bool
		p, ok = pipelineOf(ts, project, ref)
		if ok && want == "over" && slices.Contains(over, p.Status) {
			return true
		}
		if ok && p.Status != want && slices.Contains(over, p.Status) {
			ts.Fatalf("the pipeline is %s, not %s\n%s", p.Status, want, account(ts, project, p))
		}
		return ok && p.Status == want
	}, func() string {
		return fmt.Sprintf("the pipeline of %s is %q, not %s\n%s", ref, p.Status, want, account(ts, project, p))
	})
	ts.Setenv("PIPELINE", fmt.Sprint(p.ID))
}

// account is all that helps to see why a pipeline is as it is.
func account(ts *testscript.TestScript, project string, p storyPipeline) string {
	var text strings.Builder
	fmt.Fprintf(&text, "pipeline %d: %s %s\n", p.ID, p.Status, p.Error)
	for _, j := range p.Jobs {
		fmt.Fprintf(&text, "  %-24s %s %s\n", j.Name, j.Status, j.Failure)
	}
	for _, j := range p.Jobs {
		if j.Status == "failed" || j.Status == "running" {
			fmt.Fprintf(&text, "--- log of %s\n%s---\n", j.Name, logOf(ts, project, j.ID))
		}
	}
	return text.String()
}

// jobOf finds a job of a branch's newest pipeline; ok is false as long as there
// is none.
func jobOf(ts *testscript.TestScript, project, ref, name string) (storyJob, bool) {
	p, ok := pipelineOf(ts, project, ref)
	if !ok {
		return storyJob{}, false
	}
	for _, j := range p.Jobs {
		if j.Name == name {
			return j, true
		}
	}
	if slices.Contains(over, p.Status) {
		ts.Fatalf("there is no job %s\n%s", name, account(ts, project, p))
	}
	return storyJob{}, false
}

// waitJobScript waits until a job has a status, and puts its number into $JOB.
func waitJobScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) != 4, "wait-job PROJECT REF JOB STATUS")
	project, ref, name, want := args[0], args[1], args[2], args[3]
	var j storyJob
	eventually(ts, func() bool {
		var ok bool
		j, ok = jobOf(ts, project, ref, name)
		if ok && j.Status != want && slices.Contains(over, j.Status) {
			ts.Fatalf("%s is %s, not %s\n%s", name, j.Status, want, logOf(ts, project, j.ID))
		}
		return ok && j.Status == want
	}, func() string { return fmt.Sprintf("%s is %q, not %s", name, j.Status, want) })
	ts.Setenv("JOB", fmt.Sprint(j.ID))
}

// waitLogScript waits until a job's log has a line that matches, and puts the
// job's number into $JOB.
func waitLogScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) != 4, "wait-log PROJECT REF JOB REGEXP")
	project, ref, name := args[0], args[1], args[2]
	want, err := regexp.Compile("(?m)" + args[3])
	ts.Check(err)
	var text string
	eventually(ts, func() bool {
		j, ok := jobOf(ts, project, ref, name)
		if !ok {
			return false
		}
		ts.Setenv("JOB", fmt.Sprint(j.ID))
		text = logOf(ts, project, j.ID)
		return want.MatchString(text)
	}, func() string { return fmt.Sprintf("the log of %s does not have %q:\n%s", name, args[3], text) })
}

// jobLogScript prints a job's log.
func jobLogScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) != 3, "job-log PROJECT REF JOB")
	j, ok := jobOf(ts, args[0], args[1], args[2])
	if !ok {
		ts.Fatalf("there is no job %s", args[2])
	}
	fmt.Fprint(ts.Stdout(), logOf(ts, args[0], j.ID))
}

func logOf(ts *testscript.TestScript, project string, job int64) string {
	var text strings.Builder
	for offset := int64(0); ; {
		var log struct {
			Next int64  `json:"next_offset"`
			Text string `json:"text"`
		}
		askJSON(ts, fmt.Sprintf("projects/%s/jobs/%d/log?offset=%d", url.PathEscape(project), job, offset), &log)
		text.WriteString(log.Text)
		if log.Next == offset {
			return text.String()
		}
		offset = log.Next
	}
}

// waitStoppedScript waits until an environment is stopped.
func waitStoppedScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) != 2, "wait-stopped PROJECT ENVIRONMENT")
	var e struct {
		Stopped bool   `json:"stopped"`
		Health  string `json:"health"`
	}
	eventually(ts, func() bool {
		askJSON(ts, "projects/"+url.PathEscape(args[0])+"/environments/"+url.PathEscape(args[1]), &e)
		return e.Stopped
	}, func() string { return fmt.Sprintf("%s is not stopped, but %s", args[1], e.Health) })
}

// untilScript runs a program until its output matches: for what the server does
// in its own time.
func untilScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) < 2, "until REGEXP PROGRAM [ARGS...]")
	want, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	var said string
	eventually(ts, func() bool {
		ts.Check(ts.Exec(args[1], args[2:]...))
		said = ts.ReadFile("stdout")
		return want.MatchString(said)
	}, func() string { return fmt.Sprintf("%s does not say %q, but\n%s", args[1:], args[0], said) })
}
