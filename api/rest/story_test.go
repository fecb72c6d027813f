package rest_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"io"
	"strings"
	"testing"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"dasier/ci"
	"dasier/forge/auth"
)

const pipelineFile = `
stages: [test, deploy]
unit:
  stage: test
  script: ["true"]
  artifacts: {paths: [out]}
ship:
  stage: deploy
  script: ["true"]
  when: manual
  environment: staging
`

// team makes the project house-prices/model in a group of ada's, who owns it, and
// its first commits.
func (h *house) team() *gitlab.Project {
	t, ada := h.t, h.as("ada")
	t.Helper()
	g := got[*gitlab.Group](t)(ada.Groups.CreateGroup(&gitlab.CreateGroupOptions{Path: new("house-prices"), Name: new("House prices")}))
	p := got[*gitlab.Project](t)(ada.Projects.CreateProject(&gitlab.CreateProjectOptions{
		Name: new("model"), NamespaceID: new(g.ID), Description: new("Prices of houses"), InitializeWithReadme: new(true),
	}))
	for name, level := range map[string]gitlab.AccessLevelValue{"bob": gitlab.MaintainerPermissions, "cleo": gitlab.DeveloperPermissions, "gus": gitlab.GuestPermissions} {
		member := got[*gitlab.ProjectMember](t)(ada.ProjectMembers.AddProjectMember(p.ID, &gitlab.AddProjectMemberOptions{UserID: h.ids[name], AccessLevel: new(level)}))
		if member.AccessLevel != level || member.Username != name {
			t.Errorf("the member is %+v", member)
		}
	}
	return p
}

// TestStory walks the way of a change, from a new project to what is deployed,
// with GitLab's own client.
func TestStory(t *testing.T) {
	h := newHouse(t, "ada", "bob", "cleo", "gus")
	p := h.team()
	const path = "house-prices/model"
	ada, bob, cleo := h.as("ada"), h.as("bob"), h.as("cleo")

	if me := got[*gitlab.User](t)(cleo.Users.CurrentUser()); me.Username != "cleo" || me.ID != h.ids["cleo"] || me.Email != "cleo@example.org" || me.State != "active" {
		t.Errorf("cleo is %+v", me)
	}
	if p.PathWithNamespace != path || p.Namespace.Kind != "group" || p.DefaultBranch != "main" || p.EmptyRepo || p.Permissions.GroupAccess.AccessLevel != gitlab.OwnerPermissions {
		t.Errorf("the project is %+v", p)
	}
	if v := got[*gitlab.Version](t)(cleo.Version.GetVersion()); v.Revision != "1.2.3" {
		t.Errorf("the version is %+v", v)
	}

	h.code(path)
	h.react()

	// The merge request.
	rule := got[*gitlab.ProtectedBranch](t)(ada.ProtectedBranches.GetProtectedBranch(path, "main"))
	if rule.PushAccessLevels[0].AccessLevel != gitlab.MaintainerPermissions || rule.Name != "main" {
		t.Errorf("the rule is %+v", rule)
	}
	mr := got[*gitlab.MergeRequest](t)(cleo.MergeRequests.CreateMergeRequest(path, &gitlab.CreateMergeRequestOptions{
		Title: new("Draft: Train the model"), SourceBranch: new("feature/train"), TargetBranch: new("main"),
		ReviewerIDs: &[]int64{h.ids["bob"]}, RemoveSourceBranch: new(true),
	}))
	if mr.IID != 1 || !mr.Draft || mr.DetailedMergeStatus != "draft_status" || mr.Reviewers[0].Username != "bob" || mr.Author.Username != "cleo" || mr.DiffRefs.HeadSha != mr.SHA {
		t.Errorf("the request is %+v", mr)
	}
	h.discussion(path, mr)
	mr = got[*gitlab.MergeRequest](t)(cleo.MergeRequests.UpdateMergeRequest(path, 1, &gitlab.UpdateMergeRequestOptions{Title: new("Train the model")}))
	if mr.Draft || mr.DetailedMergeStatus != "mergeable" || mr.Title != "Train the model" {
		t.Errorf("ready, it is %+v", mr)
	}
	_, response, err := cleo.MergeRequestApprovals.ApproveMergeRequest(path, 1, nil)
	refused(t, response, err, 403, "403 Forbidden")
	approvals := got[*gitlab.MergeRequestApprovals](t)(bob.MergeRequestApprovals.ApproveMergeRequest(path, 1, &gitlab.ApproveMergeRequestOptions{SHA: new(mr.SHA)}))
	if !approvals.UserHasApproved || len(approvals.ApprovedBy) != 1 || approvals.ApprovedBy[0].User.Username != "bob" {
		t.Errorf("the approvals are %+v", approvals)
	}
	_, err = bob.MergeRequestApprovals.UnapproveMergeRequest(path, 1)
	must(t, err)
	got[*gitlab.MergeRequestApprovals](t)(bob.MergeRequestApprovals.ApproveMergeRequest(path, 1, nil))
	if a := got[*gitlab.MergeRequestApprovals](t)(cleo.MergeRequestApprovals.GetConfiguration(path, 1)); len(a.ApprovedBy) != 1 || a.UserHasApproved || a.UserCanApprove {
		t.Errorf("to its author the approvals are %+v", a)
	}
	if diffs := got[[]*gitlab.MergeRequestDiff](t)(cleo.MergeRequests.ListMergeRequestDiffs(path, 1, nil)); len(diffs) != 2 || !strings.HasPrefix(diffs[0].Diff, "@@") || !diffs[0].NewFile {
		t.Errorf("the changes are %+v", diffs)
	}
	if commits := got[[]*gitlab.Commit](t)(cleo.MergeRequests.GetMergeRequestCommits(path, 1, nil)); len(commits) != 2 || commits[0].ID != mr.SHA {
		t.Errorf("the commits are %+v", commits)
	}
	versions := got[[]*gitlab.MergeRequestDiffVersion](t)(cleo.MergeRequests.GetMergeRequestDiffVersions(path, 1, nil))
	if len(versions) != 1 || versions[0].HeadCommitSHA != mr.SHA {
		t.Fatalf("the versions are %+v", versions)
	}
	if v := got[*gitlab.MergeRequestDiffVersion](t)(cleo.MergeRequests.GetSingleMergeRequestDiffVersion(path, 1, versions[0].ID, nil)); len(v.Diffs) != 2 || len(v.Commits) != 2 {
		t.Errorf("the version is %+v", v)
	}
	if list := got[[]*gitlab.PipelineInfo](t)(cleo.MergeRequests.ListMergeRequestPipelines(path, 1)); len(list) == 0 || list[0].SHA != mr.SHA {
		t.Errorf("the request's pipelines are %+v", list)
	}
	_, response, err = cleo.MergeRequests.AcceptMergeRequest(path, 1, nil)
	refused(t, response, err, 403, "merge")
	_, response, err = bob.MergeRequests.AcceptMergeRequest(path, 1, &gitlab.AcceptMergeRequestOptions{SHA: new(strings.Repeat("1", 40))})
	refused(t, response, err, 409, "SHA does not match")
	mr = got[*gitlab.MergeRequest](t)(bob.MergeRequests.AcceptMergeRequest(path, 1, &gitlab.AcceptMergeRequestOptions{SHA: new(mr.SHA)}))
	if mr.State != "merged" || mr.MergeUser.Username != "bob" || mr.MergeCommitSHA == "" {
		t.Errorf("merged, it is %+v", mr)
	}
	_, response, err = bob.MergeRequests.AcceptMergeRequest(path, 1, nil)
	refused(t, response, err, 405, "405 Method Not Allowed")
	h.react()
	if list := got[[]*gitlab.BasicMergeRequest](t)(cleo.MergeRequests.ListProjectMergeRequests(path, &gitlab.ListProjectMergeRequestsOptions{State: new("merged")})); len(list) != 1 || list[0].IID != 1 {
		t.Errorf("the merged requests are %+v", list)
	}
	h.pipelines(path, mr.MergeCommitSHA)
	h.quiet()
}

// code is cleo's work on a branch of her own.
func (h *house) code(path string) {
	t, cleo := h.t, h.as("cleo")
	t.Helper()
	b := got[*gitlab.Branch](t)(cleo.Branches.CreateBranch(path, &gitlab.CreateBranchOptions{Branch: new("feature/train"), Ref: new("main")}))
	if b.Name != "feature/train" || b.Protected || !b.CanPush || b.Commit.Title != "Initial commit" {
		t.Errorf("the branch is %+v", b)
	}
	got[*gitlab.FileInfo](t)(cleo.RepositoryFiles.CreateFile(path, ".gitlab-ci.yml", &gitlab.CreateFileOptions{
		Branch: new("feature/train"), Content: new(pipelineFile), CommitMessage: new("Add a pipeline"),
	}))
	c := got[*gitlab.Commit](t)(cleo.Commits.CreateCommit(path, &gitlab.CreateCommitOptions{
		Branch: new("feature/train"), CommitMessage: new("Add the training\n\nIn Go."), Actions: []*gitlab.CommitActionOptions{
			{Action: new(gitlab.FileCreate), FilePath: new("cmd/train/main.go"), Content: new("package main\n\nfunc main() {}\n")},
		},
	}))
	if c.Title != "Add the training" || c.AuthorName == "" || c.Stats.Additions != 3 || len(c.ParentIDs) != 1 {
		t.Errorf("the commit is %+v", c)
	}
	_, response, err := cleo.RepositoryFiles.CreateFile(path, "cmd/train/main.go", &gitlab.CreateFileOptions{Branch: new("feature/train"), Content: new("x"), CommitMessage: new("again")})
	refused(t, response, err, 400, "already exists")
	_, response, err = cleo.RepositoryFiles.UpdateFile(path, "README.md", &gitlab.UpdateFileOptions{Branch: new("main"), Content: new("x"), CommitMessage: new("straight to main")})
	refused(t, response, err, 403, "main is a protected branch")

	file := got[*gitlab.File](t)(cleo.RepositoryFiles.GetFile(path, "cmd/train/main.go", &gitlab.GetFileOptions{Ref: new("feature/train")}))
	if text, err := base64.StdEncoding.DecodeString(file.Content); err != nil || string(text) != "package main\n\nfunc main() {}\n" || file.FileName != "main.go" || file.LastCommitID != c.ID {
		t.Errorf("the file is %+v", file)
	}
	if raw := got[[]byte](t)(cleo.RepositoryFiles.GetRawFile(path, "README.md", &gitlab.GetRawFileOptions{})); !strings.HasPrefix(string(raw), "# model") {
		t.Errorf("the file's bytes are %q", raw)
	}
	if meta := got[*gitlab.File](t)(cleo.RepositoryFiles.GetFileMetaData(path, "README.md", &gitlab.GetFileMetaDataOptions{Ref: new("main")})); meta.FilePath != "README.md" || meta.Size == 0 {
		t.Errorf("of the file is known %+v", meta)
	}
	tree := got[[]*gitlab.TreeNode](t)(cleo.Repositories.ListTree(path, &gitlab.ListTreeOptions{Ref: new("feature/train"), Recursive: new(true)}))
	if len(tree) != 5 || tree[len(tree)-1].Path != "cmd/train/main.go" || tree[len(tree)-1].Type != "blob" {
		t.Errorf("the tree is %+v", tree)
	}
	compared := got[*gitlab.Compare](t)(cleo.Repositories.Compare(path, &gitlab.CompareOptions{From: new("main"), To: new("feature/train")}))
	if len(compared.Commits) != 2 || compared.Commit.ID != c.ID || len(compared.Diffs) != 2 {
		t.Errorf("compared, they are %+v", compared)
	}
	if diff := got[[]*gitlab.Diff](t)(cleo.Commits.GetCommitDiff(path, c.ID, nil)); len(diff) != 1 || diff[0].NewPath != "cmd/train/main.go" || !diff[0].NewFile {
		t.Errorf("the commit changes %+v", diff)
	}
	if list := got[[]*gitlab.Commit](t)(cleo.Commits.ListCommits(path, &gitlab.ListCommitsOptions{RefName: new("feature/train")})); len(list) != 3 || list[0].ID != c.ID {
		t.Errorf("the history is %+v", list)
	}
}

// discussion is bob's on a line of the change, which cleo answers and settles.
func (h *house) discussion(path string, mr *gitlab.MergeRequest) {
	t, bob, cleo := h.t, h.as("bob"), h.as("cleo")
	t.Helper()
	d := got[*gitlab.Discussion](t)(bob.Discussions.CreateMergeRequestDiscussion(path, 1, &gitlab.CreateMergeRequestDiscussionOptions{
		Body: new("What does it do, @cleo?"), Position: &gitlab.PositionOptions{
			PositionType: new("text"), BaseSHA: new(mr.DiffRefs.BaseSha), StartSHA: new(mr.DiffRefs.StartSha), HeadSHA: new(mr.DiffRefs.HeadSha),
			NewPath: new("cmd/train/main.go"), OldPath: new("cmd/train/main.go"), NewLine: new(int64(3)),
		},
	}))
	if n := d.Notes[0]; n.Position == nil || n.Position.NewLine != 3 || n.Type != "DiffNote" || !n.Resolvable || n.Resolved || n.Author.Username != "bob" {
		t.Errorf("the discussion is %+v", n)
	}
	got[*gitlab.Note](t)(cleo.Discussions.AddMergeRequestDiscussionNote(path, 1, d.ID, &gitlab.AddMergeRequestDiscussionNoteOptions{Body: new("Nothing yet.")}))
	d = got[*gitlab.Discussion](t)(cleo.Discussions.ResolveMergeRequestDiscussion(path, 1, d.ID, &gitlab.ResolveMergeRequestDiscussionOptions{Resolved: new(true)}))
	if len(d.Notes) != 2 || !d.Notes[0].Resolved || d.Notes[0].ResolvedBy.Username != "cleo" {
		t.Errorf("settled, it is %+v", d.Notes[0])
	}
	n := got[*gitlab.Note](t)(bob.Notes.CreateMergeRequestNote(path, 1, &gitlab.CreateMergeRequestNoteOptions{Body: new("Well done")}))
	n = got[*gitlab.Note](t)(bob.Notes.UpdateMergeRequestNote(path, 1, n.ID, &gitlab.UpdateMergeRequestNoteOptions{Body: new("Well done!")}))
	if n.Body != "Well done!" || n.Resolvable {
		t.Errorf("the note is %+v", n)
	}
	_, response, err := h.as("gus").Notes.ListMergeRequestNotes(path, 1, nil)
	refused(t, response, err, 403, "read_merge_request")
	if list := got[[]*gitlab.Note](t)(cleo.Notes.ListMergeRequestNotes(path, 1, nil)); len(list) < 3 || list[0].ID != n.ID {
		t.Errorf("the notes are %+v", list)
	}
	_, err = bob.Notes.DeleteMergeRequestNote(path, 1, n.ID)
	must(t, err)
	_, response, err = bob.Notes.GetMergeRequestNote(path, 1, n.ID)
	refused(t, response, err, 404, "404 Not")
}

// pipelines takes the merged commit's jobs to their end.
func (h *house) pipelines(path, sha string) {
	t, bob, cleo := h.t, h.as("bob"), h.as("cleo")
	t.Helper()
	list := got[[]*gitlab.PipelineInfo](t)(cleo.Pipelines.ListProjectPipelines(path, &gitlab.ListProjectPipelinesOptions{Ref: new("main"), SHA: new(sha)}))
	if len(list) != 1 || list[0].Status != "pending" || list[0].Source != "push" {
		t.Fatalf("the pipelines are %+v", list)
	}
	id := list[0].ID
	// The branch's own pipeline waits in front of it.
	for _, other := range got[[]*gitlab.PipelineInfo](t)(cleo.Pipelines.ListProjectPipelines(path, nil)) {
		if other.ID != id {
			got[*gitlab.Pipeline](t)(cleo.Pipelines.CancelPipelineBuild(path, other.ID))
		}
	}
	_, runner, err := h.ci.AddRunner(t.Context(), auth.System("test"), "runner one", nil, true)
	must(t, err)
	a, err := h.ci.RequestJob(t.Context(), runner, ci.Info{})
	must(t, err)
	if a == nil || int64(a.Pipeline.ID) != id {
		t.Fatalf("the runner got %+v", a)
	}
	h.ownJob(a)
	_, _, err = h.ci.AppendTrace(t.Context(), a.Job.ID, a.Token, 0, []byte("all is well\n"))
	must(t, err)
	must(t, h.ci.UploadArtifact(t.Context(), a.Job.ID, a.Token, ci.Upload{Filename: "artifacts.zip"}, bytes.NewReader(zipped(t, "out/report.html", "<b>fine</b>"))))
	_, err = h.ci.UpdateJob(t.Context(), a.Job.ID, a.Token, ci.Update{State: ci.Success})
	must(t, err)

	jobs := got[[]*gitlab.Job](t)(cleo.Jobs.ListPipelineJobs(path, id, nil))
	if len(jobs) != 2 || jobs[0].Name != "unit" || jobs[0].Status != "success" || jobs[0].Runner.Description != "runner one" || jobs[1].Status != "manual" {
		t.Fatalf("the jobs are %+v", jobs)
	}
	log, _, err := cleo.Jobs.GetTraceFile(path, jobs[0].ID)
	must(t, err)
	if text, err := io.ReadAll(log); err != nil || string(text) != "all is well\n" {
		t.Errorf("the log is %q", text)
	}
	archive, _, err := cleo.Jobs.GetJobArtifacts(path, jobs[0].ID)
	must(t, err)
	if zip, err := zip.NewReader(archive, archive.Size()); err != nil || len(zip.File) != 1 {
		t.Errorf("the artifacts are %+v (%v)", zip, err)
	}
	one, _, err := cleo.Jobs.DownloadSingleArtifactsFile(path, jobs[0].ID, "out/report.html")
	must(t, err)
	if text, err := io.ReadAll(one); err != nil || string(text) != "<b>fine</b>" {
		t.Errorf("the artifact is %q", text)
	}
	if j := got[*gitlab.Job](t)(cleo.Jobs.GetJob(path, jobs[0].ID)); j.ArtifactsFile.Filename != "artifacts.zip" || j.Commit.ID != sha || j.Pipeline.ID != id {
		t.Errorf("the job is %+v", j)
	}
	if j := got[*gitlab.Job](t)(bob.Jobs.PlayJob(path, jobs[1].ID, &gitlab.PlayJobOptions{JobVariablesAttributes: &[]*gitlab.JobVariableOptions{{Key: new("WHERE"), Value: new("here")}}})); j.Status != "pending" {
		t.Errorf("played, the job is %+v", j)
	}
	if j := got[*gitlab.Job](t)(bob.Jobs.CancelJob(path, jobs[1].ID)); j.Status != "canceled" {
		t.Errorf("canceled, the job is %+v", j)
	}
	if j := got[*gitlab.Job](t)(bob.Jobs.RetryJob(path, jobs[1].ID)); j.ID == jobs[1].ID || j.Name != "ship" {
		t.Errorf("tried again, the job is %+v", j)
	}
	made := got[*gitlab.Pipeline](t)(bob.Pipelines.CreatePipeline(path, &gitlab.CreatePipelineOptions{Ref: new("main"), Variables: &[]*gitlab.PipelineVariableOptions{{Key: new("SIZE"), Value: new("small")}}}))
	if made.Source != "api" || made.User.Username != "bob" || made.Ref != "main" {
		t.Errorf("the pipeline is %+v", made)
	}
	if given := got[[]*gitlab.PipelineVariable](t)(bob.Pipelines.GetPipelineVariables(path, made.ID)); len(given) != 1 || given[0].Value != "small" {
		t.Errorf("its variables are %+v", given)
	}
	_, response, err := cleo.Pipelines.GetPipelineVariables(path, made.ID)
	refused(t, response, err, 403, "manage_variables")
	if latest := got[*gitlab.Pipeline](t)(cleo.Pipelines.GetLatestPipeline(path, nil)); latest.ID != made.ID {
		t.Errorf("the latest pipeline is %+v", latest)
	}
	if all := got[[]*gitlab.Job](t)(cleo.Jobs.ListProjectJobs(path, nil)); len(all) < 4 || all[0].Pipeline.ID != made.ID {
		t.Errorf("the project's jobs are %+v", all)
	}
	_, response, err = bob.Pipelines.CreatePipeline(path, &gitlab.CreatePipelineOptions{Ref: new("nowhere")})
	refused(t, response, err, 400, "nowhere")
}

// ownJob is what a job's token sees.
func (h *house) ownJob(a *ci.Assignment) {
	h.t.Helper()
	client, err := gitlab.NewJobClient(a.Token, gitlab.WithBaseURL(h.address), gitlab.WithCustomRetryMax(0))
	must(h.t, err)
	if j := got[*gitlab.Job](h.t)(client.Jobs.GetJobTokensJob(nil)); j.ID != int64(a.Job.ID) {
		h.t.Errorf("the token's job is %+v", j)
	}
	_, response, err := client.ProjectVariables.ListVariables("house-prices/model", nil)
	refused(h.t, response, err, 403, "job's token")
	_, response, err = client.Users.CurrentUser()
	refused(h.t, response, err, 403, "job's token")
}

func zipped(t *testing.T, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	must(t, err)
	_, err = f.Write([]byte(text))
	must(t, err)
	must(t, w.Close())
	return b.Bytes()
}
