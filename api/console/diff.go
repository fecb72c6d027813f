package console

import (
	"context"
	"net/http"

	"dasier/forge/auth"
	"dasier/forge/discuss"
	"dasier/forge/project"
)

type diffFileView struct {
	OldPath   string `json:"old_path"`
	NewPath   string `json:"new_path"`
	Status    string `json:"status" enum:"added,deleted,modified,renamed"`
	Binary    bool   `json:"binary"`
	TooLarge  bool   `json:"too_large" doc:"the patch is larger than is shown"`
	Additions int    `json:"additions"`
	Deletions int    `json:"deletions"`
	Patch     string `json:"patch" doc:"unified diff with its header; empty when folded"`
	Folded    bool   `json:"folded" doc:"the patch is left out: ask for the file"`
	Generated bool   `json:"generated" doc:"a program wrote the file"`
	Image     bool   `json:"image"`
	OldMode   string `json:"old_mode,omitempty" example:"100644"`
	NewMode   string `json:"new_mode,omitempty" example:"100755"`
}

type diffView struct {
	BaseSHA   string         `json:"base_sha"`
	HeadSHA   string         `json:"head_sha"`
	Files     []diffFileView `json:"files"`
	Count     int            `json:"count" doc:"how many files there are, listed or not"`
	Additions int            `json:"additions"`
	Deletions int            `json:"deletions"`
	Truncated bool           `json:"truncated" doc:"there are more files than are listed"`
}

func viewDiffFile(f discuss.FileChange) diffFileView {
	return diffFileView{
		f.OldPath, f.NewPath, string(f.Status), f.Binary, f.TooLarge, f.Additions, f.Deletions, f.Patch,
		f.Folded, f.Generated, f.Image, f.OldMode, f.NewMode,
	}
}

// OfVersions says which versions of a request are compared.
type OfVersions struct {
	OfRequest
	FromVersion int `query:"from_version" minimum:"0" doc:"compare with this version's head, instead of where the branch left its target"`
	Version     int `query:"version" minimum:"0" doc:"the latest when absent"`
}

func (q OfVersions) span() discuss.Range {
	return discuss.Range{From: q.FromVersion, Version: q.Version}
}

func (a *API) diffRoutes() {
	const base = "/projects/{project}/merge-requests/{number}/diff"
	route(a, http.MethodGet, base, "What a merge request changes", func(ctx context.Context, actor auth.Actor, q *OfVersions) (diffView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (diffView, error) {
			d, err := a.Discuss.Diff(ctx, actor, p.ID, q.Number, q.span())
			return diffView{d.BaseSHA, d.HeadSHA, mapped(d.Files, viewDiffFile), d.Count, d.Additions, d.Deletions, d.Truncated}, err
		})
	})
	route(a, http.MethodGet, base+"/file", "What a merge request changes in one file", func(ctx context.Context, actor auth.Actor, q *struct {
		OfVersions
		Path string `query:"path" required:"true" doc:"its new path, or the old one of a deleted file"`
	},
	) (diffFileView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (diffFileView, error) {
			f, err := a.Discuss.DiffFile(ctx, actor, p.ID, q.Number, q.span(), q.Path)
			return viewDiffFile(f), err
		})
	})
}
