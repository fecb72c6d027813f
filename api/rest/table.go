package rest

import (
	"net/http"

	"dasier/forge/variable"
)

// Operation is one supported call.
type Operation struct {
	Method string
	Path   string // behind Base, as the router has it
	About  string
	serve  func(*call) error
}

// Operations is the one list of what is supported, by noun. The router is made
// of it, and so is its page in the documentation.
func Operations() []Operation {
	var all []Operation
	for _, part := range [][]Operation{
		peopleOperations, projectOperations, memberOperations(), groupOperations, branchOperations, codeOperations, mergeOperations, discussOperations,
		pipelineOperations(), jobOperations(), variableOperations(), environmentOperations, hookOperations, tokenOperations,
	} {
		all = append(all, part...)
	}
	return all
}

const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	remove = http.MethodDelete
)

var peopleOperations = []Operation{
	{get, "/version", "version: of GitLab, whose shapes these are; revision: of this server", (*call).metadata},
	{get, "/metadata", "the same", (*call).metadata},
	{get, "/user", "who the token stands for", (*call).self},
	{get, "/users", "people; username finds one by name, search some", (*call).users},
	{get, "/users/{user}", "a person", (*call).user},
	{post, "/users", "add a person (administrators)", (*call).createUser},
}

var projectOperations = []Operation{
	{get, "/projects", "the caller's projects; search", (*call).listProjects},
	{post, "/projects", "create a project; namespace_id is a group's, without it the caller's own", (*call).createProject},
	{get, "/projects/{id}", "a project", (*call).getProject},
	{put, "/projects/{id}", "description, default branch, merge method, squash option, removal of the source branch", (*call).editProject},
	{remove, "/projects/{id}", "delete a project with all it holds", (*call).deleteProject},
}

func memberOperations() []Operation {
	var all []Operation
	for _, has := range []struct {
		path, noun string
		whose      func(*call) (membership, error)
	}{{"/projects/{id}", "project", (*call).projectMembership}, {"/groups/{id}", "group", (*call).groupMembership}} {
		path := has.path + "/members"
		all = append(all,
			Operation{get, path, "the " + has.noun + "'s own members; query", of(has.whose, listMembers(false))},
			Operation{get, path + "/all", "and those that it inherits", of(has.whose, listMembers(true))},
			Operation{get, path + "/all/{user}", "one of them", of(has.whose, getMember(true))},
			Operation{post, path, "add a member by user_id or username", of(has.whose, addMember)},
			Operation{get, path + "/{user}", "a member", of(has.whose, getMember(false))},
			Operation{put, path + "/{user}", "change access level and expiry", of(has.whose, editMember)},
			Operation{remove, path + "/{user}", "remove a member", of(has.whose, removeMember)},
		)
	}
	return all
}

var groupOperations = []Operation{
	{get, "/groups", "the caller's groups; search", (*call).listGroups},
	{post, "/groups", "create a group; there is one level of them", (*call).createGroup},
	{get, "/groups/{id}", "a group", (*call).getGroup},
	{put, "/groups/{id}", "change name and description", (*call).editGroup},
	{remove, "/groups/{id}", "delete an empty group", (*call).deleteGroup},
	{get, "/groups/{id}/projects", "a group's projects", (*call).groupProjects},
}

var branchOperations = []Operation{
	{get, "/projects/{id}/repository/branches", "branches; search", (*call).listBranches},
	{post, "/projects/{id}/repository/branches", "create a branch", (*call).createBranch},
	{get, "/projects/{id}/repository/branches/{branch}", "a branch", (*call).getBranch},
	{remove, "/projects/{id}/repository/branches/{branch}", "delete a branch", (*call).deleteBranch},
	{get, "/projects/{id}/repository/tags", "tags, the newest first; search, order_by, sort", (*call).listTags},
	{post, "/projects/{id}/repository/tags", "make a plain tag; annotated ones come by git", (*call).createTag},
	{get, "/projects/{id}/repository/tags/{tag}", "a tag", (*call).getTag},
	{remove, "/projects/{id}/repository/tags/{tag}", "delete a tag", (*call).deleteTag},
	{get, "/projects/{id}/protected_branches", "the rules of branches", (*call).protections},
	{post, "/projects/{id}/protected_branches", "protect branches: one lowest access level each to push and to merge", (*call).protect},
	{get, "/projects/{id}/protected_branches/{name}", "a rule", (*call).getProtection},
	{http.MethodPatch, "/projects/{id}/protected_branches/{name}", "ask code owners, or no longer", (*call).editProtection},
	{remove, "/projects/{id}/protected_branches/{name}", "unprotect", (*call).unprotect},
}

var codeOperations = []Operation{
	{get, "/projects/{id}/repository/commits", "history of ref_name (also a..b) and path", (*call).listCommits},
	{post, "/projects/{id}/repository/commits", "commit actions: create, update, delete, move", (*call).createCommit},
	{get, "/projects/{id}/repository/commits/{sha}", "a commit", (*call).getCommit},
	{get, "/projects/{id}/repository/commits/{sha}/diff", "what it changes", (*call).commitDiff},
	{get, "/projects/{id}/repository/compare", "what two refs differ in", (*call).compare},
	{get, "/projects/{id}/repository/tree", "a folder; recursive", (*call).tree},
	{get, "/projects/{id}/repository/files/{file}", "a file in base64", (*call).getFile},
	{http.MethodHead, "/projects/{id}/repository/files/{file}", "what is known of it, in headers", (*call).headFile},
	{get, "/projects/{id}/repository/files/{file}/raw", "its bytes", (*call).rawFile},
	{post, "/projects/{id}/repository/files/{file}", "create a file", (*call).createFile},
	{put, "/projects/{id}/repository/files/{file}", "change a file", (*call).updateFile},
	{remove, "/projects/{id}/repository/files/{file}", "delete a file", (*call).deleteFile},
}

const request = "/projects/{id}/merge_requests/{iid}"

var mergeOperations = []Operation{
	{get, "/projects/{id}/merge_requests", "merge requests, the newest first", (*call).listMerges},
	{post, "/projects/{id}/merge_requests", "open one", (*call).createMerge},
	{get, request, "a merge request", (*call).getMerge},
	{put, request, "change, close, reopen", (*call).updateMerge},
	{put, request + "/merge", "merge; 405 says what blocks it", (*call).acceptMerge},
	{put, request + "/rebase", "make the commits anew on the target; done when it answers", (*call).rebaseMerge},
	{get, request + "/approvals", "approvals: those that hold for what it is now", (*call).approvals},
	{post, request + "/approve", "approve, at sha or the present head", (*call).approve},
	{post, request + "/unapprove", "take one's approval back", (*call).unapprove},
	{get, request + "/commits", "its commits, the newest first", (*call).mergeCommits},
	{get, request + "/changes", "it with its changes", (*call).mergeChanges},
	{get, request + "/diffs", "its changes", (*call).mergeDiffs},
	{get, request + "/versions", "what the branch was, the newest first", (*call).mergeVersions},
	{get, request + "/versions/{version}", "one of them with commits and changes", (*call).mergeVersion},
	{get, request + "/pipelines", "its pipelines", (*call).mergePipelines},
	{post, request + "/pipelines", "start one on its branch", (*call).createMergePipeline},
}

var discussOperations = []Operation{
	{get, request + "/notes", "what was said, the newest first; sort", (*call).notes},
	{post, request + "/notes", "say something", (*call).createNote},
	{get, request + "/notes/{note}", "a note", (*call).getNote},
	{put, request + "/notes/{note}", "change a note", (*call).editNote},
	{remove, request + "/notes/{note}", "delete a note", (*call).deleteNote},
	{get, request + "/discussions", "discussions", (*call).discussions},
	{post, request + "/discussions", "begin one, on a line with position", (*call).createDiscussion},
	{get, request + "/discussions/{discussion}", "a discussion", (*call).getDiscussion},
	{put, request + "/discussions/{discussion}", "resolve it, or open it again", (*call).resolveDiscussion},
	{post, request + "/discussions/{discussion}/notes", "answer", (*call).reply},
	{put, request + "/discussions/{discussion}/notes/{note}", "change a note, or resolve", (*call).editNote},
	{remove, request + "/discussions/{discussion}/notes/{note}", "delete a note", (*call).deleteNote},
}

func pipelineOperations() []Operation {
	const one = "/projects/{id}/pipelines/{pipeline}"
	return []Operation{
		{get, "/projects/{id}/pipelines", "pipelines, the newest first; ref, sha, status", (*call).listPipelines},
		{post, "/projects/{id}/pipeline", "start one on a branch or tag", (*call).createPipeline},
		{get, "/projects/{id}/pipelines/latest", "the newest of ref, or of the default branch", (*call).latestPipeline},
		{get, one, "a pipeline", (*call).getPipeline},
		{post, one + "/cancel", "cancel", onPipeline(cancelPipeline, http.StatusOK)},
		{post, one + "/retry", "try again what failed", onPipeline(retryPipeline, http.StatusCreated)},
		{get, one + "/jobs", "its jobs; scope, include_retried", (*call).pipelineJobs},
		{get, one + "/variables", "what it was started with", (*call).pipelineVariables},
	}
}

func jobOperations() []Operation {
	const one = "/projects/{id}/jobs/{job}"
	return []Operation{
		{get, "/job", "the job whose token this is", (*call).ownJob},
		{get, "/projects/{id}/jobs", "jobs of the newest 1,000 pipelines; scope, include_retried; without totals", (*call).projectJobs},
		{get, one, "a job", (*call).getJob},
		{get, one + "/trace", "its log", (*call).trace},
		{get, one + "/artifacts", "its artifacts as zip", (*call).jobArtifacts},
		{get, one + "/artifacts/*", "one file of them", (*call).jobArtifact},
		{get, "/projects/{id}/jobs/artifacts/{ref}/download", "artifacts of the newest successful job of a name", (*call).refArtifacts},
		{get, "/projects/{id}/jobs/artifacts/{ref}/raw/*", "one file of them", (*call).refArtifact},
		{post, one + "/play", "play a manual job, with variables", onJob(playJob, http.StatusOK)},
		{post, one + "/retry", "try again; answers the new attempt", onJob(retryJob, http.StatusCreated)},
		{post, one + "/cancel", "cancel", onJob(cancelJob, http.StatusCreated)},
	}
}

func variableOperations() []Operation {
	var all []Operation
	for _, has := range []struct {
		path  string
		whose func(*call) (variable.Owner, error)
	}{{"/projects/{id}", (*call).projectVariables}, {"/groups/{id}", (*call).groupVariables}} {
		path, whose := has.path+"/variables", has.whose
		all = append(all,
			Operation{get, path, "variables of its own; the value of a hidden one is null", onVariables(whose, listVariables)},
			Operation{post, path, "make one; masked_and_hidden", onVariables(whose, createVariable)},
			Operation{get, path + "/{key}", "a variable; filter[environment_scope]", onVariables(whose, getVariable)},
			Operation{put, path + "/{key}", "change it; what is not given stays", onVariables(whose, updateVariable)},
			Operation{remove, path + "/{key}", "remove it", onVariables(whose, removeVariable)},
		)
	}
	return all
}

var environmentOperations = []Operation{
	{get, "/projects/{id}/environments", "environments; name, search, states", (*call).environments},
	{post, "/projects/{id}/environments", "create one", (*call).createEnvironment},
	{get, "/projects/{id}/environments/{environment}", "an environment", (*call).getEnvironment},
	{put, "/projects/{id}/environments/{environment}", "change its description", (*call).editEnvironment},
	{post, "/projects/{id}/environments/{environment}/stop", "stop it", (*call).stopEnvironment},
	{remove, "/projects/{id}/environments/{environment}", "delete it", (*call).deleteEnvironment},
	{get, "/projects/{id}/protected_environments", "protected environments", (*call).protectedEnvironments},
	{post, "/projects/{id}/protected_environments", "protect: one lowest access level to deploy, and approvals", (*call).protectEnvironment},
	{get, "/projects/{id}/protected_environments/{name}", "a protected environment", (*call).getProtectedEnvironment},
	{put, "/projects/{id}/protected_environments/{name}", "change its protection", (*call).editProtectedEnvironment},
	{remove, "/projects/{id}/protected_environments/{name}", "unprotect it", (*call).unprotectEnvironment},
	{get, "/projects/{id}/deployments", "deployments; environment, status, sort", (*call).deployments},
	{get, "/projects/{id}/deployments/{deployment}", "a deployment", (*call).getDeployment},
	{post, "/projects/{id}/deployments/{deployment}/approval", "approve or reject it", (*call).approveDeployment},
}

var hookOperations = []Operation{
	{get, "/projects/{id}/hooks", "webhooks", (*call).hooks},
	{post, "/projects/{id}/hooks", "make one; its token is never shown again", (*call).createHook},
	{get, "/projects/{id}/hooks/{hook}", "a webhook", (*call).getHook},
	{put, "/projects/{id}/hooks/{hook}", "change it; what is not given stays", (*call).editHook},
	{remove, "/projects/{id}/hooks/{hook}", "remove it", (*call).deleteHook},
	{post, "/projects/{id}/hooks/{hook}/test/{trigger}", "send it a made-up message", (*call).testHook},
}

var tokenOperations = []Operation{
	{get, "/personal_access_tokens", "the caller's tokens", (*call).personalTokens},
	{get, "/personal_access_tokens/self", "the token of the call", (*call).selfToken},
	{get, "/personal_access_tokens/{token}", "one of the caller's tokens", (*call).getPersonalToken},
	{remove, "/personal_access_tokens/{token}", "revoke it", (*call).revokePersonalToken},
	{get, "/projects/{id}/access_tokens", "the project's own tokens", (*call).projectTokens},
	{post, "/projects/{id}/access_tokens", "make one; its secret is shown this once", (*call).createProjectToken},
	{get, "/projects/{id}/access_tokens/{token}", "one of them", (*call).getProjectToken},
	{remove, "/projects/{id}/access_tokens/{token}", "revoke it", (*call).revokeProjectToken},
}
