package hook

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Payload is what a message tells, in GitLab's words.
type Payload interface {
	// Event is the kind of what happened.
	Event() Event
	// fields are the message's JSON.
	fields() map[string]any
}

// Project is what a message says of the project.
type Project struct {
	ID            project.ID
	Namespace     string
	Name          string
	Description   string
	DefaultBranch string
	Server        string // the server's address, without a final slash
}

// Person is who did it.
type Person struct {
	ID       auth.UserID
	Username string
	Name     string
	Email    string
}

// Commit is one commit of a message.
type Commit struct {
	SHA                      string
	Message                  string
	AuthorName, AuthorEmail  string
	At                       time.Time
	Added, Modified, Removed []string
}

// Push is that a branch or tag moved, came or went.
type Push struct {
	Project Project
	User    Person
	Ref     string // full
	Before  string // zeros: it is new
	After   string // zeros: it is gone
	Commits []Commit
	Total   int // how many commits were pushed; Commits holds the youngest of them
}

// Merge is that a merge request was opened, changed, merged or closed.
type Merge struct {
	Project         Project
	User            Person
	Action          string // open, update, approved, unapproved, merge, close, reopen
	ID, Number      int64
	Title           string
	Description     string
	Source, Target  string
	State           string // opened, closed, merged
	Draft           bool
	Head            Commit
	MergeSHA        string
	Created, Update time.Time
}

// Note is that somebody wrote in a discussion.
type Note struct {
	Project Project
	User    Person
	ID      int64
	Text    string
	System  bool
	Path    string // the file that it is about; "" for none
	Line    int
	Created time.Time
	Merge   Merge // the request that it belongs to
}

// Pipeline is that a pipeline came or ended.
type Pipeline struct {
	Project     Project
	User        Person
	ID          int64
	Name        string
	Ref         string
	Tag         bool
	SHA, Before string
	Source      string
	Status      string
	Stages      []string
	Created     time.Time
	Finished    time.Time // zero while it goes on
	Duration    time.Duration
	Commit      Commit
	Jobs        []Job
}

// Job is that a job is queued or ended; in a Pipeline, one of its jobs.
type Job struct {
	Project      Project
	User         Person
	ID           int64
	Pipeline     int64
	Name, Stage  string
	Status       string
	Ref          string
	Tag          bool
	SHA, Before  string
	Created      time.Time
	Started      time.Time
	Finished     time.Time
	Duration     time.Duration
	Queued       time.Duration
	AllowFailure bool
	Failure      string
	Manual       bool
	Environment  string
	RunnerID     int64
	Runner       string
	Commit       Commit
}

// Deployment is that a deployment began or ended.
type Deployment struct {
	Project     Project
	User        Person
	ID          int64
	Job         int64
	Status      string
	Environment string
	Tier        string
	URL         string // of what was deployed
	Ref         string
	Title       string // what was deployed, in words
	Commit      Commit
	At          time.Time
}

// Release is that a model version was registered.
type Release struct {
	Project     Project
	ID          int64
	Model       string
	Version     int
	Digest      string
	Description string
	Commit      Commit
	Created     time.Time
}

// Event implements Payload.
func (p Push) Event() Event {
	if strings.HasPrefix(p.Ref, "refs/tags/") {
		return TagPushEvent
	}
	return PushEvent
}

// Event implements Payload.
func (Merge) Event() Event { return MergeEvent }

// Event implements Payload.
func (Note) Event() Event { return NoteEvent }

// Event implements Payload.
func (Pipeline) Event() Event { return PipelineEvent }

// Event implements Payload.
func (Job) Event() Event { return JobEvent }

// Event implements Payload.
func (Deployment) Event() Event { return DeploymentEvent }

// Event implements Payload.
func (Release) Event() Event { return ReleaseEvent }

// Texts are cut so that a message rests well below what is kept of it.
const (
	longText  = 16 << 10
	shortText = 1 << 10
	// MaxCommits is how many commits a push tells of, as GitLab does.
	MaxCommits = 20
	maxPaths   = 20 // of one commit and kind
	maxJobs    = 100
)

// bodyOf is the message's JSON.
func bodyOf(p Payload) (string, error) {
	text, err := json.Marshal(p.fields())
	if err != nil {
		return "", fmt.Errorf("encoding a webhook's message: %w", err)
	}
	return string(text), nil
}

type object = map[string]any

func (p Project) path() string { return p.Namespace + "/" + p.Name }

func (p Project) url() string { return p.Server + "/" + p.path() }

func (p Project) fields() object {
	return object{
		"id": p.ID, "name": p.Name, "description": clip(p.Description, shortText), "web_url": p.url(), "avatar_url": nil,
		"git_http_url": p.url() + ".git", "git_ssh_url": "", "http_url": p.url() + ".git", "url": p.url() + ".git", "ssh_url": "", "homepage": p.url(),
		"namespace": p.Namespace, "path_with_namespace": p.path(), "default_branch": p.DefaultBranch, "visibility_level": 0, "ci_config_path": ".gitlab-ci.yml",
	}
}

// repository is the older description of the project in most messages.
func (p Project) repository() object {
	return object{
		"name": p.Name, "url": p.url() + ".git", "description": clip(p.Description, shortText), "homepage": p.url(),
		"git_http_url": p.url() + ".git", "git_ssh_url": "", "visibility_level": 0,
	}
}

func (u Person) fields() object {
	name := u.Name
	if name == "" {
		name = u.Username
	}
	return object{"id": u.ID, "name": name, "username": u.Username, "avatar_url": "", "email": "[REDACTED]"}
}

func (c Commit) fields(p Project) any {
	if c.SHA == "" {
		return nil
	}
	title, _, _ := strings.Cut(c.Message, "\n")
	return object{
		"id": c.SHA, "message": clip(c.Message, shortText), "title": clip(title, shortText), "timestamp": stamp(c.At), "url": p.url() + "/commits/" + c.SHA,
		"author": object{"name": clip(c.AuthorName, shortText), "email": clip(c.AuthorEmail, shortText)},
		"added":  paths(c.Added), "modified": paths(c.Modified), "removed": paths(c.Removed),
	}
}

func paths(list []string) []string {
	shown := make([]string, 0, min(len(list), maxPaths))
	for _, path := range list[:min(len(list), maxPaths)] {
		shown = append(shown, clip(path, 255))
	}
	return shown
}

func (p Push) fields() map[string]any {
	kind := string(p.Event())
	commits := []any{}
	for _, c := range p.Commits[:min(len(p.Commits), MaxCommits)] {
		commits = append(commits, c.fields(p.Project))
	}
	// A ref that is gone has no commit to check out.
	checkout := any(p.After)
	if strings.Trim(p.After, "0") == "" {
		checkout = nil
	}
	return object{
		"object_kind": kind, "event_name": kind, "before": p.Before, "after": p.After, "ref": p.Ref, "checkout_sha": checkout, "message": nil,
		"user_id": p.User.ID, "user_name": p.User.fields()["name"], "user_username": p.User.Username, "user_email": "", "user_avatar": "",
		"project_id": p.Project.ID, "project": p.Project.fields(), "repository": p.Project.repository(),
		"commits": commits, "total_commits_count": p.Total, "push_options": object{},
	}
}

func (m Merge) attributes() object {
	return object{
		"id": m.ID, "iid": m.Number, "title": clip(m.Title, shortText), "description": clip(m.Description, longText), "state": m.State, "action": m.Action,
		"source_branch": m.Source, "target_branch": m.Target, "source_project_id": m.Project.ID, "target_project_id": m.Project.ID, "author_id": m.User.ID,
		"draft": m.Draft, "work_in_progress": m.Draft, "merge_commit_sha": orNull(m.MergeSHA), "last_commit": m.Head.fields(m.Project),
		"created_at": stamp(m.Created), "updated_at": stamp(m.Update), "url": m.Project.url() + "/merge-requests/" + itoa(m.Number),
		"source": m.Project.fields(), "target": m.Project.fields(),
	}
}

func (m Merge) fields() map[string]any {
	return object{
		"object_kind": "merge_request", "event_type": "merge_request", "user": m.User.fields(), "project": m.Project.fields(), "repository": m.Project.repository(),
		"object_attributes": m.attributes(), "labels": []any{}, "changes": object{},
	}
}

func (n Note) fields() map[string]any {
	attributes := object{
		"id": n.ID, "note": clip(n.Text, longText), "noteable_type": "MergeRequest", "noteable_id": n.Merge.ID, "author_id": n.User.ID, "project_id": n.Project.ID, //nolint:misspell // GitLab's word
		"system": n.System, "created_at": stamp(n.Created), "updated_at": stamp(n.Created), "commit_id": orNull(n.Merge.Head.SHA),
		"url": n.Project.url() + "/merge-requests/" + itoa(n.Merge.Number) + "#note-" + itoa(n.ID), "action": "create",
	}
	if n.Path != "" {
		attributes["position"] = object{"new_path": n.Path, "new_line": n.Line, "position_type": "text"}
	}
	return object{
		"object_kind": "note", "event_type": "note", "user": n.User.fields(), "project_id": n.Project.ID, "project": n.Project.fields(), "repository": n.Project.repository(),
		"object_attributes": attributes, "merge_request": n.Merge.attributes(),
	}
}

func (p Pipeline) fields() map[string]any {
	builds := []any{}
	for _, j := range p.Jobs[:min(len(p.Jobs), maxJobs)] {
		builds = append(builds, object{
			"id": j.ID, "stage": j.Stage, "name": j.Name, "status": j.Status, "created_at": stamp(j.Created), "started_at": stamp(j.Started), "finished_at": stamp(j.Finished),
			"duration": seconds(j.Duration), "queued_duration": seconds(j.Queued), "failure_reason": orNull(j.Failure), "manual": j.Manual,
			"when": map[bool]string{true: "manual", false: "on_success"}[j.Manual], "allow_failure": j.AllowFailure, "user": p.User.fields(), "runner": j.runner(), "environment": j.environment(),
		})
	}
	return object{
		"object_kind": "pipeline", "user": p.User.fields(), "project": p.Project.fields(), "commit": p.Commit.fields(p.Project), "builds": builds, "merge_request": nil,
		"object_attributes": object{
			"id": p.ID, "iid": p.ID, "name": orNull(p.Name), "ref": p.Ref, "tag": p.Tag, "sha": p.SHA, "before_sha": p.Before, "source": p.Source,
			"status": gitlabStatus(p.Status), "detailed_status": gitlabStatus(p.Status), "stages": append([]string{}, p.Stages...),
			"created_at": stamp(p.Created), "finished_at": stamp(p.Finished), "duration": seconds(p.Duration), "variables": []any{},
			"url": p.Project.url() + "/pipelines/" + itoa(p.ID),
		},
	}
}

func (j Job) runner() any {
	if j.RunnerID == 0 {
		return nil
	}
	return object{"id": j.RunnerID, "description": j.Runner, "active": true, "is_shared": true, "runner_type": "instance_type", "tags": []string{}}
}

func (j Job) environment() any {
	if j.Environment == "" {
		return nil
	}
	return object{"name": j.Environment, "action": "start"}
}

func (j Job) fields() map[string]any {
	return object{
		"object_kind": "build", "ref": j.Ref, "tag": j.Tag, "before_sha": j.Before, "sha": j.SHA,
		"build_id": j.ID, "build_name": j.Name, "build_stage": j.Stage, "build_status": gitlabStatus(j.Status),
		"build_created_at": stamp(j.Created), "build_started_at": stamp(j.Started), "build_finished_at": stamp(j.Finished),
		"build_duration": seconds(j.Duration), "build_queued_duration": seconds(j.Queued), "build_allow_failure": j.AllowFailure,
		"build_failure_reason": orNull(j.Failure), "retries_count": 0, "pipeline_id": j.Pipeline,
		"project_id": j.Project.ID, "project_name": j.Project.path(), "project": j.Project.fields(), "repository": j.Project.repository(), "user": j.User.fields(),
		"runner": j.runner(), "environment": j.environment(),
		"commit": object{
			"id": j.Pipeline, "sha": j.SHA, "message": clip(j.Commit.Message, shortText), "author_name": j.Commit.AuthorName, "author_email": j.Commit.AuthorEmail,
			"status": gitlabStatus(j.Status), "author_url": "mailto:" + j.Commit.AuthorEmail,
		},
	}
}

func (d Deployment) fields() map[string]any {
	var deployable, address any
	if d.Job != 0 {
		deployable, address = d.Job, d.Project.url()+"/jobs/"+itoa(d.Job)
	}
	return object{
		"object_kind": "deployment", "status": gitlabStatus(d.Status), "status_changed_at": stamp(d.At), "deployment_id": d.ID,
		"deployable_id": deployable, "deployable_url": address, "environment": d.Environment, "environment_tier": orNull(d.Tier), "environment_slug": d.Environment,
		"environment_external_url": d.URL, "project": d.Project.fields(), "ref": d.Ref, "short_sha": d.Commit.SHA[:min(8, len(d.Commit.SHA))],
		"user": d.User.fields(), "user_url": "", "commit_url": d.Project.url() + "/commits/" + d.Commit.SHA, "commit_title": clip(d.Title, shortText),
	}
}

func (r Release) fields() map[string]any {
	name := r.Model + " " + strconv.Itoa(r.Version)
	return object{
		"object_kind": "release", "id": r.ID, "action": "create", "name": name, "tag": r.Model + "-" + strconv.Itoa(r.Version), "description": clip(r.Description, longText),
		"created_at": stamp(r.Created), "released_at": stamp(r.Created), "url": r.Project.url() + "/models/" + r.Model + "/" + strconv.Itoa(r.Version),
		"project": r.Project.fields(), "commit": r.Commit.fields(r.Project), "assets": object{"count": 0, "links": []any{}, "sources": []any{}},
		// What GitLab's releases do not have: the registered model version.
		"model": object{"name": r.Model, "version": r.Version, "digest": r.Digest},
	}
}

// gitlabStatus is GitLab's spelling, which has one l and no other differences.
func gitlabStatus(status string) string {
	if status == "cancelled" {
		return "canceled"
	}
	return status
}

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

func seconds(d time.Duration) any {
	if d <= 0 {
		return nil
	}
	return d.Seconds()
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func itoa[N ~int | ~int64](n N) string { return strconv.FormatInt(int64(n), 10) }

func (s *Service) eventUUID(source int64) string {
	return uuid(s.cfg.URL + " event " + itoa(source))
}

// Sample is a made-up payload of an event, for trying a hook.
func Sample(e Event, p Project, by Person) (Payload, error) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	sha, before := strings.Repeat("1", 40), strings.Repeat("0", 39)+"1"
	c := Commit{SHA: sha, Message: "This is a test\n", AuthorName: by.Username, AuthorEmail: by.Username + "@example.org", At: at, Modified: []string{"README.md"}}
	branch := p.DefaultBranch
	m := Merge{Project: p, User: by, Action: "open", Number: 1, Title: "This is a test", Source: "test", Target: branch, State: "opened", Head: c, Created: at, Update: at}
	job := Job{Project: p, User: by, Pipeline: 1, Name: "test", Stage: "test", Status: "success", Ref: branch, SHA: sha, Before: before, Created: at, Started: at, Finished: at.Add(time.Second), Duration: time.Second, Commit: c}
	samples := map[Event]Payload{
		PushEvent:       Push{Project: p, User: by, Ref: "refs/heads/" + branch, Before: before, After: sha, Commits: []Commit{c}, Total: 1},
		TagPushEvent:    Push{Project: p, User: by, Ref: "refs/tags/test", Before: strings.Repeat("0", 40), After: sha, Total: 0},
		MergeEvent:      m,
		NoteEvent:       Note{Project: p, User: by, Text: "This is a test", Created: at, Merge: m},
		PipelineEvent:   Pipeline{Project: p, User: by, ID: 1, Ref: branch, SHA: sha, Before: before, Source: "push", Status: "success", Stages: []string{"test"}, Created: at, Finished: at.Add(time.Second), Duration: time.Second, Commit: c, Jobs: []Job{job}},
		JobEvent:        job,
		DeploymentEvent: Deployment{Project: p, User: by, Status: "success", Environment: "test", Ref: branch, Title: "This is a test", Commit: c, At: at},
		ReleaseEvent:    Release{Project: p, Model: "test", Version: 1, Description: "This is a test", Commit: c, Created: at},
	}
	sample, known := samples[e]
	if !known {
		return nil, fault.Errorf(fault.Invalid, "there is no event %q: expected %s", e, join(Events)).At("event")
	}
	return sample, nil
}
