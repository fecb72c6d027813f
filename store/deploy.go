package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"dasier/delivery/bundle"
	"dasier/delivery/deploy"
	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Deploy keeps environments and deployments.
func (s *Store) Deploy() deploy.Store { return deployStore{s} }

type deployStore struct{ s *Store }

type environmentRow struct {
	bun.BaseModel `bun:"table:environments"`

	ID          int64     `bun:"id,pk,autoincrement"`
	ProjectID   int64     `bun:"project_id"`
	Name        string    `bun:"name"`
	Tier        string    `bun:"tier"`
	Description string    `bun:"description"`
	Public      bool      `bun:"public"`
	Protected   bool      `bun:"protected"`
	Endpoint    string    `bun:"endpoint"`
	CurrentID   int64     `bun:"current_id"`
	CreatedAt   time.Time `bun:"created_at"`
	Version     int       `bun:"version"`

	Kind         string     `bun:"kind"`
	DeployRole   int        `bun:"deploy_role"`
	Approvals    int        `bun:"approvals"`
	ApprovalRole int        `bun:"approval_role"`
	Target       string     `bun:"target"`
	Stopped      bool       `bun:"stopped"`
	Branch       string     `bun:"branch"`
	OnStopJob    int64      `bun:"on_stop_job"`
	AutoStopAt   *time.Time `bun:"auto_stop_at"`
}

func (r *environmentRow) environment() deploy.Environment {
	e := deploy.Environment{
		ID: deploy.EnvironmentID(r.ID), Project: project.ID(r.ProjectID), Name: r.Name, Tier: deploy.Tier(r.Tier),
		Description: r.Description, Public: r.Public, Protected: r.Protected, Endpoint: r.Endpoint,
		Current: deploy.ID(r.CurrentID), CreatedAt: utc(r.CreatedAt), Version: r.Version,
		Kind: deploy.Kind(r.Kind), DeployRole: auth.Role(r.DeployRole), Approvals: r.Approvals, ApprovalRole: auth.Role(r.ApprovalRole),
		Target: r.Target, Stopped: r.Stopped, Branch: r.Branch, OnStopJob: r.OnStopJob,
	}
	if r.AutoStopAt != nil {
		e.AutoStopAt = utc(*r.AutoStopAt)
	}
	return e
}

type deploymentRow struct {
	bun.BaseModel `bun:"table:deployments,alias:d"`

	ID            int64      `bun:"id,pk,autoincrement"`
	ProjectID     int64      `bun:"project_id"`
	EnvironmentID int64      `bun:"environment_id"`
	Environment   string     `bun:"environment,scanonly"`
	Model         string     `bun:"model"`
	ModelVersion  int        `bun:"model_version"`
	Digest        string     `bun:"digest"`
	Commit        string     `bun:"commit_sha"`
	State         string     `bun:"state"`
	Reason        string     `bun:"reason"`
	Error         string     `bun:"error"`
	RestoresID    int64      `bun:"restores_id"`
	UserID        int64      `bun:"user_id"`
	Username      string     `bun:"username"`
	JobID         int64      `bun:"job_id"`
	CreatedAt     time.Time  `bun:"created_at"`
	StartedAt     *time.Time `bun:"started_at"`
	FinishedAt    *time.Time `bun:"finished_at"`
	Version       int        `bun:"version"`

	Kind       string `bun:"kind"`
	Manifest   string `bun:"manifest"`
	Size       int64  `bun:"size"`
	Origin     string `bun:"origin"`
	Needed     int    `bun:"needed"`
	BreakGlass bool   `bun:"break_glass"`
	Comparison string `bun:"comparison"`
}

func (r *deploymentRow) deployment() (deploy.Deployment, error) {
	d := deploy.Deployment{
		ID: deploy.ID(r.ID), Project: project.ID(r.ProjectID), Environment: deploy.EnvironmentID(r.EnvironmentID), EnvironmentName: r.Environment,
		Model: r.Model, ModelVersion: r.ModelVersion, Digest: r.Digest, Commit: r.Commit,
		State: deploy.State(r.State), Reason: r.Reason, Error: r.Error, Restores: deploy.ID(r.RestoresID),
		User: auth.UserID(r.UserID), Username: r.Username, Job: r.JobID,
		CreatedAt: utc(r.CreatedAt), Version: r.Version,
		Kind: deploy.Kind(r.Kind), Size: r.Size, Needed: r.Needed, BreakGlass: r.BreakGlass,
	}
	if r.StartedAt != nil {
		d.StartedAt = utc(*r.StartedAt)
	}
	if r.FinishedAt != nil {
		d.FinishedAt = utc(*r.FinishedAt)
	}
	for _, part := range []struct {
		text string
		to   func() any
	}{
		{r.Manifest, func() any { return manifestOf(&d) }},
		{r.Origin, func() any { return &d.Origin }},
		{r.Comparison, func() any { d.Comparison = &deploy.Comparison{}; return d.Comparison }},
	} {
		if part.text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(part.text), part.to()); err != nil {
			return d, fmt.Errorf("reading deployment %d: %w", r.ID, err)
		}
	}
	return d, nil
}

// manifestOf makes room for the manifest of the deployment's kind.
func manifestOf(d *deploy.Deployment) any {
	if d.Kind == deploy.KindService {
		d.Service = &bundle.Service{}
		return d.Service
	}
	d.Site = &bundle.Site{}
	return d.Site
}

func deploymentRowOf(d deploy.Deployment) (*deploymentRow, error) {
	row := &deploymentRow{
		ID: int64(d.ID), ProjectID: int64(d.Project), EnvironmentID: int64(d.Environment),
		Model: d.Model, ModelVersion: d.ModelVersion, Digest: d.Digest, Commit: d.Commit,
		State: string(d.State), Reason: d.Reason, Error: d.Error, RestoresID: int64(d.Restores),
		UserID: int64(d.User), Username: d.Username, JobID: d.Job,
		CreatedAt: d.CreatedAt, StartedAt: timeOrNull(d.StartedAt), FinishedAt: timeOrNull(d.FinishedAt), Version: d.Version,
		Kind: string(d.Kind), Size: d.Size, Needed: d.Needed, BreakGlass: d.BreakGlass,
	}
	if row.Kind == "" {
		row.Kind = string(deploy.KindModel)
	}
	write := func(to *string, value any) error {
		text, err := json.Marshal(value)
		*to = string(text)
		return err
	}
	var err error
	switch {
	case d.Service != nil:
		err = write(&row.Manifest, d.Service)
	case d.Site != nil:
		err = write(&row.Manifest, d.Site)
	}
	if d.Origin != (deploy.Origin{}) {
		err = errors.Join(err, write(&row.Origin, d.Origin))
	}
	if d.Comparison != nil {
		err = errors.Join(err, write(&row.Comparison, d.Comparison))
	}
	if err != nil {
		return nil, fmt.Errorf("encoding a deployment: %w", err)
	}
	return row, nil
}

// timeOrNull keeps the zero time, which means "not yet", as NULL.
func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}

func (r deployStore) CreateEnvironment(ctx context.Context, e deploy.Environment, events ...event.Event) (deploy.Environment, error) {
	row := &environmentRow{
		ProjectID: int64(e.Project), Name: e.Name, Tier: string(e.Tier), Description: e.Description,
		Public: e.Public, Protected: e.Protected, Endpoint: e.Endpoint, CreatedAt: e.CreatedAt.UTC(), Version: e.Version,
		Kind: string(e.Kind), DeployRole: int(e.DeployRole), Approvals: e.Approvals, ApprovalRole: int(e.ApprovalRole),
		Target: e.Target, Stopped: e.Stopped, Branch: e.Branch, OnStopJob: e.OnStopJob, AutoStopAt: timeOrNull(e.AutoStopAt),
	}
	err := r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(row).Exec(ctx)
		return err
	}, events...)
	if isUnique(err) {
		return deploy.Environment{}, fault.Errorf(fault.Conflict, "environment %s: the name or its endpoint %s is taken", e.Name, e.Endpoint)
	}
	if err != nil {
		return deploy.Environment{}, fmt.Errorf("saving environment %s: %w", e.Name, err)
	}
	return row.environment(), nil
}

func (r deployStore) Environment(ctx context.Context, id project.ID, name string) (deploy.Environment, error) {
	row := new(environmentRow)
	err := r.s.db.NewSelect().Model(row).Where("project_id = ?", int64(id)).Where("name = ?", name).Scan(ctx)
	if err != nil {
		return deploy.Environment{}, notFound(err, "no environment %q in this project", name)
	}
	return row.environment(), nil
}

func (r deployStore) EnvironmentByID(ctx context.Context, id deploy.EnvironmentID) (deploy.Environment, error) {
	row := new(environmentRow)
	if err := r.s.db.NewSelect().Model(row).Where("id = ?", int64(id)).Scan(ctx); err != nil {
		return deploy.Environment{}, notFound(err, "no environment %d", id)
	}
	return row.environment(), nil
}

func (r deployStore) Environments(ctx context.Context, id project.ID) ([]deploy.Environment, error) {
	var rows []environmentRow
	if err := r.s.db.NewSelect().Model(&rows).Where("project_id = ?", int64(id)).Order("name").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading environments: %w", err)
	}
	return environmentsOf(rows), nil
}

func (r deployStore) Serving(ctx context.Context) ([]deploy.Environment, error) {
	var rows []environmentRow
	if err := r.s.db.NewSelect().Model(&rows).Where("current_id <> 0").Order("id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading environments: %w", err)
	}
	return environmentsOf(rows), nil
}

func environmentsOf(rows []environmentRow) []deploy.Environment {
	list := make([]deploy.Environment, len(rows))
	for i := range rows {
		list[i] = rows[i].environment()
	}
	return list
}

func (r deployStore) UpdateEnvironment(ctx context.Context, e deploy.Environment, events ...event.Event) error {
	return r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewUpdate().Model((*environmentRow)(nil)).
			Set("public = ?", e.Public).Set("protected = ?", e.Protected).Set("description = ?", e.Description).
			Set("deploy_role = ?", int(e.DeployRole)).Set("approvals = ?", e.Approvals).Set("approval_role = ?", int(e.ApprovalRole)).Set("target = ?", e.Target).
			Set("version = version + 1").Where("id = ?", int64(e.ID)).Where("version = ?", e.Version).Exec(ctx)
		return changedOne(result, err, "environment %s changed meanwhile: look again", e.Name)
	}, events...)
}

// Neither ClearCurrent nor promotion is guarded by the environment's version:
// that counts changes of the settings, and a deployment must not fail because
// someone edited the description. Deployments guard themselves.
func (r deployStore) ClearCurrent(ctx context.Context, id deploy.EnvironmentID, events ...event.Event) error {
	return r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewUpdate().Model((*environmentRow)(nil)).Set("current_id = 0").Set("stopped = ?", true).
			Set("on_stop_job = 0").Set("auto_stop_at = NULL").Where("id = ?", int64(id)).Exec(ctx)
		return changedOne(result, err, "environment %d is gone", id)
	}, events...)
}

func promote(ctx context.Context, tx bun.Tx, d deploy.Deployment, stopAt time.Time) error {
	branch := d.Origin.Ref
	if d.Origin.Tag {
		branch = ""
	}
	result, err := tx.NewUpdate().Model((*environmentRow)(nil)).Set("current_id = ?", int64(d.ID)).
		Set("kind = ?", cmp.Or(string(d.Kind), string(deploy.KindModel))).Set("stopped = ?", false).Set("branch = ?", branch).
		Set("on_stop_job = ?", d.Origin.OnStop).Set("auto_stop_at = ?", timeOrNull(stopAt)).
		Where("id = ?", int64(d.Environment)).Exec(ctx)
	return changedOne(result, err, "environment %d is gone", d.Environment)
}

func (r deployStore) Previews(ctx context.Context, id project.ID, branch string) ([]deploy.Environment, error) {
	var rows []environmentRow
	err := r.s.db.NewSelect().Model(&rows).Where("project_id = ?", int64(id)).Where("branch = ?", branch).Where("branch <> ''").
		Where("current_id <> 0").Order("id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading environments of branch %s: %w", branch, err)
	}
	return environmentsOf(rows), nil
}

func (r deployStore) Due(ctx context.Context, now time.Time) ([]deploy.Environment, error) {
	var rows []environmentRow
	err := r.s.db.NewSelect().Model(&rows).Where("auto_stop_at IS NOT NULL").Where("auto_stop_at <= ?", now.UTC()).
		Where("current_id <> 0").Order("id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading environments to stop: %w", err)
	}
	return environmentsOf(rows), nil
}

func (r deployStore) PostponeStop(ctx context.Context, id deploy.EnvironmentID, at time.Time) error {
	return r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewUpdate().Model((*environmentRow)(nil)).Set("auto_stop_at = ?", timeOrNull(at)).Where("id = ?", int64(id)).Exec(ctx)
		return err
	})
}

func (r deployStore) DeleteEnvironment(ctx context.Context, id deploy.EnvironmentID, events ...event.Event) error {
	return r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewDelete().Model((*environmentRow)(nil)).Where("id = ?", int64(id)).Where("current_id = 0").Exec(ctx)
		return changedOne(result, err, "environment %d is gone, or something serves there again", id)
	}, events...)
}

func (r deployStore) DeleteEnvironments(ctx context.Context, id project.ID) error {
	return r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewDelete().Model((*environmentRow)(nil)).Where("project_id = ?", int64(id)).Exec(ctx)
		return err
	})
}

func (r deployStore) CreateDeployment(ctx context.Context, d deploy.Deployment, report func(deploy.Deployment) []event.Event) (deploy.Deployment, error) {
	row, err := deploymentRowOf(d)
	if err != nil {
		return deploy.Deployment{}, err
	}
	err = r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return err
		}
		d.ID = deploy.ID(row.ID)
		return emit(ctx, tx, report(d)...)
	})
	if err != nil {
		return deploy.Deployment{}, fmt.Errorf("saving a deployment to %s: %w", d.EnvironmentName, err)
	}
	return d, nil
}

func (r deployStore) selectDeployments(model any) *bun.SelectQuery {
	return r.s.db.NewSelect().Model(model).ColumnExpr("d.*").ColumnExpr("e.name AS environment").
		Join("JOIN environments AS e ON e.id = d.environment_id")
}

func (r deployStore) Deployment(ctx context.Context, id deploy.ID) (deploy.Deployment, error) {
	row := new(deploymentRow)
	if err := r.selectDeployments(row).Where("d.id = ?", int64(id)).Scan(ctx); err != nil {
		return deploy.Deployment{}, notFound(err, "no deployment %d", id)
	}
	list, err := r.deploymentsOf(ctx, []deploymentRow{*row})
	if err != nil {
		return deploy.Deployment{}, err
	}
	return list[0], nil
}

func (r deployStore) Deployments(ctx context.Context, id deploy.EnvironmentID, page project.Page) ([]deploy.Deployment, int, error) {
	var rows []deploymentRow
	err := r.selectDeployments(&rows).Where("d.environment_id = ?", int64(id)).
		OrderExpr("d.id DESC").Offset(int64(page.Offset)).Limit(int64(page.Limit)).Scan(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("reading deployments: %w", err)
	}
	total, err := r.s.db.NewSelect().Model((*deploymentRow)(nil)).Where("environment_id = ?", int64(id)).Count(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("counting deployments: %w", err)
	}
	list, err := r.deploymentsOf(ctx, rows)
	return list, int(total), err
}

func (r deployStore) Succeeded(ctx context.Context, id deploy.EnvironmentID) ([]deploy.Deployment, error) {
	var rows []deploymentRow
	err := r.selectDeployments(&rows).Where("d.environment_id = ?", int64(id)).
		Where("d.state = ?", string(deploy.Success)).OrderExpr("d.id DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading deployments: %w", err)
	}
	return r.deploymentsOf(ctx, rows)
}

func (r deployStore) Unfinished(ctx context.Context) ([]deploy.Deployment, error) {
	var rows []deploymentRow
	// The condition is the partial index's own, literally, so that it is used.
	err := r.selectDeployments(&rows).Where("d.state IN ('pending', 'running')").OrderExpr("d.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading deployments: %w", err)
	}
	return r.deploymentsOf(ctx, rows)
}

func (r deployStore) Blocked(ctx context.Context, id deploy.EnvironmentID) ([]deploy.Deployment, error) {
	var rows []deploymentRow
	query := r.selectDeployments(&rows).Where("d.state = 'blocked'").OrderExpr("d.id")
	if id != 0 {
		query = query.Where("d.environment_id = ?", int64(id))
	}
	if err := query.Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading deployments: %w", err)
	}
	return r.deploymentsOf(ctx, rows)
}

type approvalRow struct {
	bun.BaseModel `bun:"table:deployment_approvals"`

	ID           int64     `bun:"id,pk,autoincrement"`
	DeploymentID int64     `bun:"deployment_id"`
	UserID       int64     `bun:"user_id"`
	Username     string    `bun:"username"`
	CreatedAt    time.Time `bun:"created_at"`
	Comment      string    `bun:"comment"`
	Verdict      string    `bun:"verdict"`
}

// deploymentsOf converts rows and reads what was said to those that asked for
// approvals.
func (r deployStore) deploymentsOf(ctx context.Context, rows []deploymentRow) ([]deploy.Deployment, error) {
	list := make([]deploy.Deployment, len(rows))
	at := map[int64]int{}
	var asked []int64
	for i := range rows {
		var err error
		if list[i], err = rows[i].deployment(); err != nil {
			return nil, err
		}
		if list[i].Needed > 0 {
			at[rows[i].ID] = i
			asked = append(asked, rows[i].ID)
		}
	}
	if len(asked) == 0 {
		return list, nil
	}
	var said []approvalRow
	if err := r.s.db.NewSelect().Model(&said).Where("deployment_id IN (?)", bun.List(asked)).Order("id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading approvals: %w", err)
	}
	for _, a := range said {
		d := &list[at[a.DeploymentID]]
		d.Approvals = append(d.Approvals, deploy.Approval{
			User: auth.UserID(a.UserID), Username: a.Username, At: utc(a.CreatedAt), Comment: a.Comment, Verdict: deploy.Verdict(a.Verdict),
		})
	}
	return list, nil
}

func (r deployStore) AddApproval(ctx context.Context, d deploy.Deployment, a deploy.Approval, events ...event.Event) error {
	err := r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := saveDeployment(ctx, tx, d); err != nil {
			return err
		}
		_, err := tx.NewInsert().Model(&approvalRow{
			DeploymentID: int64(d.ID), UserID: int64(a.User), Username: a.Username, CreatedAt: a.At.UTC(), Comment: a.Comment, Verdict: string(a.Verdict),
		}).Exec(ctx)
		return err
	}, events...)
	if isUnique(err) {
		return fault.Errorf(fault.Conflict, "%s has said so already of deployment %d", a.Username, d.ID)
	}
	return err
}

func (r deployStore) SaveDeployment(ctx context.Context, d deploy.Deployment, events ...event.Event) error {
	err := r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error { return saveDeployment(ctx, tx, d) }, events...)
	if isUnique(err) {
		return fault.Errorf(fault.Conflict, "another deployment to %s is running", d.EnvironmentName)
	}
	return err
}

func (r deployStore) Promote(ctx context.Context, d deploy.Deployment, stopAt time.Time, events ...event.Event) error {
	return r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := saveDeployment(ctx, tx, d); err != nil {
			return err
		}
		return promote(ctx, tx, d, stopAt)
	}, events...)
}

func saveDeployment(ctx context.Context, tx bun.Tx, d deploy.Deployment) error {
	result, err := tx.NewUpdate().Model((*deploymentRow)(nil)).
		Set("state = ?", string(d.State)).Set("error = ?", d.Error).Set("break_glass = ?", d.BreakGlass).
		Set("started_at = ?", timeOrNull(d.StartedAt)).Set("finished_at = ?", timeOrNull(d.FinishedAt)).
		Set("version = version + 1").Where("id = ?", int64(d.ID)).Where("version = ?", d.Version).Exec(ctx)
	return changedOne(result, err, "deployment %d changed meanwhile: look again", d.ID)
}
