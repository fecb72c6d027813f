package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/ml/format/mlflow"
	"dasier/ml/predict"
	"dasier/model/registry"
)

type deployedView struct {
	Environment string `json:"environment"`
	Version     int    `json:"version"`
}

type modelView struct {
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Latest      int            `json:"latest"`
	Aliases     map[string]int `json:"aliases"`
	CreatedAt   time.Time      `json:"created_at"`
	Versions    int            `json:"versions" doc:"how many there are"`
	Deployed    []deployedView `json:"deployed"`
}

type outputView struct {
	Name    string   `json:"name"`
	Unit    string   `json:"unit,omitempty"`
	Task    string   `json:"task,omitempty" doc:"regression, binary, multiclass or vector"`
	Classes []string `json:"classes,omitempty" doc:"what a classifier tells apart"`
	Targets []string `json:"targets,omitempty" doc:"of a model of several numbers: their names"`
}

type signatureView struct {
	Inputs []predict.Input `json:"inputs"`
	Output outputView      `json:"output"`
}

type versionView struct {
	Model      string             `json:"model"`
	Version    int                `json:"version"`
	Digest     string             `json:"digest"`
	Size       int64              `json:"size"`
	Commit     string             `json:"commit"`
	Ref        string             `json:"ref"`
	JobID      *int64             `json:"job_id"`
	PipelineID *int64             `json:"pipeline_id"`
	User       string             `json:"user"`
	CreatedAt  time.Time          `json:"created_at"`
	DataDigest string             `json:"data_digest"`
	Algorithm  string             `json:"algorithm"`
	Metrics    []mlflow.Metric    `json:"metrics"`
	Aliases    []string           `json:"aliases"`
	Signature  signatureView      `json:"signature"`
	Interval   *registry.Interval `json:"interval,omitempty"`
	Set        *registry.Interval `json:"set,omitempty" doc:"what a classifier promises of its sets of classes"`
	Parity     *parityView        `json:"parity,omitempty" doc:"what a comparison with the answers of the system that wrote the model found"`
}

type parityView struct {
	System string  `json:"system" doc:"scikit-learn 1.2.1"`
	Rows   int     `json:"rows"`
	Within float64 `json:"within" doc:"no answer differed by more, relative to its size; of probabilities, the plain difference"`
}

func viewParity(p *mlflow.Parity) *parityView {
	if p == nil {
		return nil
	}
	return &parityView{System: p.System, Rows: p.Rows, Within: p.Within()}
}

func viewVersion(v registry.Version) versionView {
	return versionView{
		Model: v.Model, Version: v.Number, Digest: v.Digest, Size: v.Size, Commit: v.Lineage.Commit, Ref: v.Lineage.Ref,
		JobID: some(v.Lineage.Job), PipelineID: some(v.Lineage.Pipeline), User: v.Username, CreatedAt: v.CreatedAt,
		DataDigest: v.DataDigest, Algorithm: v.Algorithm, Metrics: append([]mlflow.Metric{}, v.Metrics...), Aliases: append([]string{}, v.Aliases...),
		Signature: signatureView{append([]predict.Input{}, v.Inputs...), outputView{v.Target.Name, v.Target.Unit, v.Task, v.Classes, v.Targets}}, Interval: v.Interval, Set: v.Set, Parity: viewParity(v.Parity),
	}
}

// some is nil for 0.
func some(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

// InModel names a model in a path.
type InModel struct {
	InProject
	Name string `path:"name"`
}

type inVersion struct {
	InModel
	Version int `path:"version"`
}

type fileEntryView struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	Digest string `json:"digest"`
}

type filesView struct {
	Files []fileEntryView `json:"files"`
}

type aliasInput struct {
	InModel
	Alias string `path:"alias"`
	Body  struct {
		Version int `json:"version" minimum:"1"`
	}
}

func (a *API) modelRoutes() {
	const base = "/projects/{project}/models"
	route(a, http.MethodGet, base, "A project's models", func(ctx context.Context, actor auth.Actor, q *InProject) (list[modelView], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[modelView], error) {
			models, err := a.Registry.Models(ctx, actor, p.ID)
			if err != nil {
				return list[modelView]{}, err
			}
			environments, err := a.environments(ctx, actor, p.ID)
			return list[modelView]{mapped(models, func(m registry.Model) modelView { return viewModel(m, environments) }), len(models)}, err
		})
	})
	route(a, http.MethodGet, base+"/{name}", "A model", func(ctx context.Context, actor auth.Actor, q *InModel) (modelView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (modelView, error) {
			m, err := a.Registry.Model(ctx, actor, p.ID, q.Name)
			if err != nil {
				return modelView{}, err
			}
			environments, err := a.environments(ctx, actor, p.ID)
			return viewModel(m, environments), err
		})
	})
	route(a, http.MethodGet, base+"/{name}/versions", "A model's versions, newest first", func(ctx context.Context, actor auth.Actor, q *struct {
		InModel
		Paging
	},
	) (list[versionView], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[versionView], error) {
			versions, total, err := a.Registry.Versions(ctx, actor, p.ID, q.Name, q.offset(), q.PerPage)
			return list[versionView]{mapped(versions, viewVersion), total}, err
		})
	})
	route(a, http.MethodGet, base+"/{name}/versions/{version}", "A version", func(ctx context.Context, actor auth.Actor, q *inVersion) (versionView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (versionView, error) {
			v, err := a.Registry.Version(ctx, actor, p.ID, q.Name, q.Version)
			return viewVersion(v), err
		})
	})
	route(a, http.MethodGet, base+"/{name}/versions/{version}/files", "A version's files", func(ctx context.Context, actor auth.Actor, q *inVersion) (filesView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (filesView, error) {
			v, err := a.Registry.Version(ctx, actor, p.ID, q.Name, q.Version)
			return filesView{mapped(v.Files, func(f registry.File) fileEntryView { return fileEntryView{f.Path, f.Size, string(f.Digest)} })}, err
		})
	})
	route(a, http.MethodPut, base+"/{name}/aliases/{alias}", "Point an alias to a version", func(ctx context.Context, actor auth.Actor, q *aliasInput) (none, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (none, error) {
			return none{}, a.Registry.SetAlias(ctx, actor, p.ID, q.Name, q.Alias, q.Body.Version)
		})
	})
	route(a, http.MethodDelete, base+"/{name}/aliases/{alias}", "Remove an alias", func(ctx context.Context, actor auth.Actor, q *struct {
		InModel
		Alias string `path:"alias"`
	},
	) (none, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (none, error) {
			return none{}, a.Registry.RemoveAlias(ctx, actor, p.ID, q.Name, q.Alias)
		})
	})
	a.packageRoutes(base + "/{name}/versions")
}

// packageRoutes are the files of versions, in and out.
func (a *API) packageRoutes(versions string) {
	a.raw(foreign{
		method: http.MethodPost, path: versions, summary: "Register a version: the body is a zip archive of an MLflow model directory",
		takes: "application/zip", gives: "application/json", view: versionView{},
		query: []asked{{name: "commit", about: "the full name of the commit that it comes from"}, {name: "ref", about: "branch or tag"}, {name: "pipeline_id", about: "the pipeline's number"}},
	}, a.registerVersion)
	const one = "/{version}"
	a.raw(foreign{
		method: http.MethodGet, path: versions + one + "/file", summary: "One file of a version", gives: "application/octet-stream",
		query: []asked{{name: "path", about: "the file", required: true}},
	}, a.versionFile(""))
	a.raw(foreign{method: http.MethodGet, path: versions + one + "/profile", summary: "The profile of the training data", gives: "application/json"}, a.versionFile("profile.json"))
	a.raw(foreign{method: http.MethodGet, path: versions + one + "/report", summary: "The training report", gives: "application/json"}, a.versionFile("report.json"))
	a.raw(foreign{method: http.MethodGet, path: versions + one + "/archive", summary: "A version as a zip archive", gives: "application/zip"}, a.versionArchive)
}

func (a *API) environments(ctx context.Context, actor auth.Actor, id project.ID) ([]environmentView, error) {
	environments, err := a.Deploy.Environments(ctx, actor, id)
	if err = tolerate(err); err != nil {
		return nil, err
	}
	views := make([]environmentView, len(environments))
	for i, e := range environments {
		if views[i], err = a.viewEnvironment(ctx, actor, e); err != nil {
			return nil, err
		}
	}
	return views, nil
}

func viewModel(m registry.Model, environments []environmentView) modelView {
	view := modelView{m.Name, m.Description, m.Latest, m.Aliases, m.CreatedAt, m.Versions, []deployedView{}}
	for _, e := range environments {
		if e.Current != nil && e.Current.Model == m.Name {
			view.Deployed = append(view.Deployed, deployedView{e.Name, e.Current.Version})
		}
	}
	return view
}

// registerVersion takes a package. It comes to a file first: an archive is
// read from its end, and may be larger than memory.
func (a *API) registerVersion(w http.ResponseWriter, r *http.Request, actor auth.Actor, p project.Project) error {
	if err := a.Projects.May(r.Context(), actor, p.ID, auth.RegisterModel); err != nil {
		return err // before the upload is taken
	}
	limit := a.PackageLimit
	if limit <= 0 {
		limit = 512 << 20
	}
	file, err := os.CreateTemp(a.Scratch, "package-")
	if err != nil {
		return err
	}
	defer func() { _ = file.Close(); _ = os.Remove(file.Name()) }()
	size, err := io.Copy(file, http.MaxBytesReader(w, r.Body, limit))
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.Errorf(fault.Limited, "the package is larger than the limit of %d bytes: nothing was kept", tooLarge.Limit)
	}
	if err != nil {
		return fault.Errorf(fault.Invalid, "the upload broke off after %d bytes: %w", size, err)
	}
	from := registry.Lineage{Commit: r.URL.Query().Get("commit"), Ref: r.URL.Query().Get("ref")}
	if text := r.URL.Query().Get("pipeline_id"); text != "" {
		if from.Pipeline, err = strconv.ParseInt(text, 10, 64); err != nil {
			return fault.Errorf(fault.Invalid, "pipeline_id %q is no number", text).At("query.pipeline_id")
		}
	}
	v, created, err := a.Registry.Register(r.Context(), actor, p.ID, chi.URLParam(r, "name"), file, size, from)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return writeJSON(w, status, viewVersion(v))
}

// versionFile answers one file of a package: name, or the one that is asked for.
func (a *API) versionFile(name string) func(http.ResponseWriter, *http.Request, auth.Actor, project.Project) error {
	return func(w http.ResponseWriter, r *http.Request, actor auth.Actor, p project.Project) error {
		n, err := number(r, "version")
		if err != nil {
			return err
		}
		files, v, err := a.Registry.Files(r.Context(), actor, p.ID, chi.URLParam(r, "name"), int(n))
		if err != nil {
			return err
		}
		wanted := name
		if wanted == "" {
			wanted = r.URL.Query().Get("path")
		}
		file, err := v.File(wanted)
		if err != nil {
			return err
		}
		opened, err := files.Open(file.Path)
		if err != nil {
			return err
		}
		defer func() { _ = opened.Close() }()
		content, ok := opened.(io.ReadSeeker)
		if !ok {
			return fmt.Errorf("%s cannot be read from the middle", file.Path)
		}
		mediaType, ok := mediaTypes[path.Ext(wanted)]
		if !ok {
			mediaType = "application/octet-stream"
		}
		asForeign(w, path.Base(wanted), mediaType)
		w.Header().Set("Cache-Control", "private, max-age=86400, immutable") // a version never changes
		http.ServeContent(w, r, "", time.Time{}, content)
		return nil
	}
}

func (a *API) versionArchive(w http.ResponseWriter, r *http.Request, actor auth.Actor, p project.Project) error {
	n, err := number(r, "version")
	if err != nil {
		return err
	}
	name := chi.URLParam(r, "name")
	if _, err := a.Registry.Version(r.Context(), actor, p.ID, name, int(n)); err != nil {
		return err
	}
	asForeign(w, name+"-"+strconv.FormatInt(n, 10)+".zip", "application/zip")
	if err := a.Registry.Archive(r.Context(), actor, p.ID, name, int(n), w); err != nil {
		a.Logger.WarnContext(r.Context(), "a package was not sent whole", "error", err)
	}
	return nil
}
