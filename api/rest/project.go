package rest

import (
	"net/http"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/group"
	"dasier/forge/project"
	"dasier/forge/repo"
)

// userNamespaces is added to a user's number to make that of their namespace:
// groups and users have numbers of their own, and GitLab's namespaces one row of
// them.
const userNamespaces = 1_000_000_000

func userNamespace(id auth.UserID) int64 { return userNamespaces + int64(id) }

type namespaceView struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Path     string `json:"path"`
	Kind     string `json:"kind"`
	FullPath string `json:"full_path"`
	WebURL   string `json:"web_url"`
}

type accessView struct {
	AccessLevel auth.Role `json:"access_level"`
}

type projectView struct {
	ID                   project.ID    `json:"id"`
	Description          string        `json:"description"`
	Name                 string        `json:"name"`
	NameWithNamespace    string        `json:"name_with_namespace"`
	Path                 string        `json:"path"`
	PathWithNamespace    string        `json:"path_with_namespace"`
	CreatedAt            *time.Time    `json:"created_at"`
	LastActivityAt       *time.Time    `json:"last_activity_at"`
	DefaultBranch        string        `json:"default_branch"`
	Topics               []string      `json:"topics"`
	TagList              []string      `json:"tag_list"`
	SSHURL               string        `json:"ssh_url_to_repo"`
	HTTPURL              string        `json:"http_url_to_repo"`
	WebURL               string        `json:"web_url"`
	Visibility           string        `json:"visibility"`
	EmptyRepo            bool          `json:"empty_repo"`
	Archived             bool          `json:"archived"`
	Namespace            namespaceView `json:"namespace"`
	MergeRequestsEnabled bool          `json:"merge_requests_enabled"`
	JobsEnabled          bool          `json:"jobs_enabled"`
	IssuesEnabled        bool          `json:"issues_enabled"`
	WikiEnabled          bool          `json:"wiki_enabled"`
	SnippetsEnabled      bool          `json:"snippets_enabled"`
	CIConfigPath         string        `json:"ci_config_path"`
	MergeMethod          string        `json:"merge_method,omitempty"`
	SquashOption         string        `json:"squash_option,omitempty"`
	RemoveSource         *bool         `json:"remove_source_branch_after_merge,omitempty"`
	Permissions          *permsView    `json:"permissions,omitempty"`
}

type permsView struct {
	Project *accessView `json:"project_access"`
	Group   *accessView `json:"group_access"`
}

// methods are GitLab's words for how a project merges. It has no word for a
// rebase without a merge commit: its nearest is rebase_merge.
var methods = map[repo.Method][2]string{
	repo.MergeCommit: {"merge", "default_off"},
	repo.Squash:      {"ff", "always"},
	repo.Rebase:      {"rebase_merge", "default_off"},
	repo.FastForward: {"ff", "default_off"},
}

func (c *call) namespace(path string) (namespaceView, error) {
	if view, ok := c.namespaces[path]; ok {
		return view, nil
	}
	view := namespaceView{Name: path, Path: path, Kind: "group", FullPath: path, WebURL: c.cfg.URL + "/" + path}
	g, err := c.Groups.Get(c.ctx, c.actor, path)
	switch {
	case err == nil:
		view.ID, view.Name = int64(g.ID), g.Name
	case fault.Is(err, fault.Missing), fault.Is(err, fault.Denied):
		u, err := c.Auth.UserByName(c.ctx, c.actor, path)
		if err == nil {
			view.ID, view.Name, view.Kind = userNamespace(u.ID), u.Name, "user"
		} else if !fault.Is(err, fault.Missing) {
			return view, err
		}
	default:
		return view, err
	}
	c.namespaces[path] = view
	return view, nil
}

// viewProject is a project in a list.
func (c *call) viewProject(p project.Project) (projectView, error) {
	namespace, err := c.namespace(p.Namespace)
	return projectView{
		ID: p.ID, Description: p.Description, Name: p.Name, NameWithNamespace: p.Namespace + " / " + p.Name, Path: p.Name, PathWithNamespace: p.Path(),
		CreatedAt: moment(p.CreatedAt), LastActivityAt: moment(p.CreatedAt), DefaultBranch: p.DefaultBranch, Topics: []string{}, TagList: []string{},
		HTTPURL: c.cfg.URL + "/" + p.Path() + ".git", WebURL: c.projectAddress(p), Visibility: "private", Namespace: namespace,
		MergeRequestsEnabled: true, JobsEnabled: true,
	}, err
}

func (c *call) projectAddress(p project.Project) string { return c.cfg.URL + "/" + p.Path() }

// viewWholeProject adds what only one project at a time is asked for.
func (c *call) viewWholeProject(p project.Project) (projectView, error) {
	view, err := c.viewProject(p)
	if err != nil {
		return view, err
	}
	if view.EmptyRepo, err = c.Repos.Empty(c.ctx, c.actor, p.ID); tolerate(err) != nil {
		return view, err
	}
	settings, err := c.Merges.Settings(c.ctx, c.actor, p.ID)
	if tolerate(err) != nil {
		return view, err
	}
	if err == nil {
		words := methods[settings.Method]
		view.MergeMethod, view.SquashOption, view.RemoveSource = words[0], words[1], &settings.RemoveSource
	}
	role, standing, _, err := c.Projects.Permissions(c.ctx, c.actor, p.ID)
	if tolerate(err) != nil {
		return view, err
	}
	if err == nil && role != auth.None {
		view.Permissions = &permsView{}
		if standing.Group != auth.None {
			view.Permissions.Group = &accessView{standing.Group}
		}
		if standing.Direct != auth.None || standing.Group == auth.None {
			view.Permissions.Project = &accessView{max(role, standing.Direct)}
		}
	}
	return view, nil
}

// tolerate passes over what the actor may not see of something that they may.
func tolerate(err error) error {
	if fault.Is(err, fault.Denied) || fault.Is(err, fault.Missing) {
		return nil
	}
	return err
}

func (c *call) answerProjects(projects []project.Project, total int) error {
	views := make([]projectView, len(projects))
	for i, p := range projects {
		var err error
		if views[i], err = c.viewProject(p); err != nil {
			return err
		}
	}
	return listed(c, views, total)
}

func (c *call) answerProject(status int, p project.Project) error {
	view, err := c.viewWholeProject(p)
	if err != nil {
		return err
	}
	return c.answer(status, view)
}

func (c *call) listProjects() error {
	q := c.read()
	// membership, simple and visibility change nothing here: everything listed is
	// private and the caller's.
	q.unsupported("archived", "starred", "topic", "with_programming_language", "last_activity_after", "last_activity_before", "id_after", "id_before")
	if q.err != nil {
		return q.err
	}
	projects, total, err := c.Projects.List(c.ctx, c.actor, q.text("search"), c.page())
	if err != nil {
		return err
	}
	return c.answerProjects(projects, total)
}

func (c *call) getProject() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	// A token of narrow scope may find the project, and not read it.
	if err := c.Projects.May(c.ctx, c.actor, p.ID, auth.ReadProject); err != nil {
		return err
	}
	return c.answerProject(http.StatusOK, p)
}

// noSuchProjects are settings of GitLab's projects that there are none of here.
var noSuchProjects = []string{
	"import_url", "template_name", "use_custom_template", "mirror", "lfs_enabled", "topics", "tag_list", "avatar",
	"only_allow_merge_if_pipeline_succeeds", "only_allow_merge_if_all_discussions_are_resolved", "approvals_before_merge",
}

func (c *call) createProject() error {
	q := c.read()
	q.unsupported(noSuchProjects...)
	name := q.text("path")
	if name == "" {
		name = q.needed("name")
	}
	if v := q.text("visibility"); v != "" && v != "private" {
		q.fail("visibility", "can only be private on this server")
	}
	id, readme := q.number("namespace_id"), q.on("initialize_with_readme")
	p := project.Project{Namespace: c.actor.Username, Name: name, Description: q.text("description"), DefaultBranch: q.text("default_branch")}
	method, remove := q.method(), q.flag("remove_source_branch_after_merge")
	if q.err != nil {
		return q.err
	}
	if id != nil && *id != userNamespace(c.actor.User) {
		g, err := c.groupByID(group.ID(*id))
		if err != nil {
			return missing("Namespace", err)
		}
		p.Namespace = g.Path
	}
	p, err := c.Projects.Create(c.ctx, c.actor, p)
	if err != nil {
		return err
	}
	// The reaction to the creation makes the repository, too; making it here lets
	// the client push at once.
	if err := c.Repos.Ensure(c.ctx, p.ID); err != nil {
		return err
	}
	if method != nil || remove != nil {
		if _, err := c.Merges.Configure(c.ctx, c.actor, p.ID, method, remove); err != nil {
			return err
		}
	}
	if readme {
		edit := repo.Edit{Path: "README.md", Content: []byte("# " + p.Name + "\n\n" + p.Description + "\n")}
		if _, err := c.Repos.CommitEdits(c.ctx, c.actor, p.ID, p.DefaultBranch, "", []repo.Edit{edit}, "Initial commit"); err != nil {
			return err
		}
	}
	return c.answerProject(http.StatusCreated, p)
}

// method reads GitLab's two settings of how a project merges as ours; nil when
// neither was given.
func (r *reader) method() *repo.Method {
	way, squash := r.text("merge_method"), r.text("squash_option")
	if way == "" && squash == "" {
		return nil
	}
	method := repo.MergeCommit
	switch way {
	case "", "merge":
	case "rebase_merge":
		method = repo.Rebase
	case "ff":
		method = repo.FastForward
	default:
		r.fail("merge_method", "does not have a valid value")
	}
	switch squash {
	case "", "never", "default_off":
	case "always":
		method = repo.Squash
	default:
		r.fail("squash_option", "is not supported by this server: always or default_off")
	}
	return &method
}

func (c *call) editProject() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported(append([]string{"name", "path", "archived"}, noSuchProjects...)...)
	description, branch := q.someText("description"), q.someText("default_branch")
	method, remove := q.method(), q.flag("remove_source_branch_after_merge")
	if q.err != nil {
		return q.err
	}
	// The repository first: it knows whether there is such a branch.
	if branch != nil && *branch != p.DefaultBranch {
		if err := c.Repos.SetDefaultBranch(c.ctx, c.actor, p.ID, *branch); err != nil {
			return missing("Branch", err)
		}
	}
	if method != nil || remove != nil {
		if _, err := c.Merges.Configure(c.ctx, c.actor, p.ID, method, remove); err != nil {
			return err
		}
	}
	if p, err = c.Projects.Update(c.ctx, c.actor, p.ID, description, branch); err != nil {
		return err
	}
	return c.answerProject(http.StatusOK, p)
}

func (c *call) deleteProject() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	if err := c.Projects.Delete(c.ctx, c.actor, p.ID); err != nil {
		return err
	}
	return c.answer(http.StatusAccepted, said{Message: "202 Accepted"})
}

// may asks for a permission before, or where, no verb does.
func (c *call) may(id project.ID, p auth.Permission) error {
	return c.Projects.May(c.ctx, c.actor, id, p)
}
