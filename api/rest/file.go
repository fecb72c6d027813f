package rest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"path"
	"strconv"

	"dasier/fault"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
)

type entryView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
	Path string `json:"path"`
	Mode string `json:"mode"`
}

// objects are git's words for what a folder holds.
var objects = map[git.Kind]string{git.Dir: "tree", git.File: "blob", git.Link: "blob", git.Submodule: "commit"}

// mostFolders bounds a recursive listing.
const mostFolders = 2000

func (c *call) tree() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	ref, recursive := q.text("ref"), q.on("recursive")
	if q.err != nil {
		return q.err
	}
	entries, err := c.entries(p, ref, q.text("path"), recursive)
	if err != nil {
		return missing("Tree", err)
	}
	return whole(c, mapped(entries, func(e git.Entry) entryView {
		return entryView{e.SHA, e.Name, objects[e.Kind], e.Path, e.Mode}
	}))
}

func (c *call) entries(p project.Project, ref, folder string, recursive bool) ([]git.Entry, error) {
	var all []git.Entry
	wanted := []string{folder}
	for read := 0; len(wanted) > 0; read++ {
		if read == mostFolders {
			return nil, fault.Errorf(fault.Limited, "the tree has more than %d folders: list them one by one", mostFolders)
		}
		place, entries, err := c.Repos.Tree(c.ctx, c.actor, p.ID, ref, wanted[0])
		if err != nil {
			return nil, err
		}
		ref, wanted = place.SHA, wanted[1:] // of one commit, though the branch may move
		all = append(all, entries...)
		for _, e := range entries {
			if recursive && e.Kind == git.Dir {
				wanted = append(wanted, e.Path)
			}
		}
	}
	return all, nil
}

// textLimit is the most bytes of a file that are given inside JSON.
const textLimit = 32 << 20

// bytes reads a file whole.
func (c *call) bytes(p project.Project, ref, name string) ([]byte, error) {
	blob, err := c.Repos.Raw(c.ctx, c.actor, p.ID, ref, name)
	if err != nil {
		return nil, err
	}
	if blob.Size > textLimit {
		return nil, errors.Join(fault.Errorf(fault.Limited, "%s has %d bytes: ask for it raw", name, blob.Size), blob.Close())
	}
	content, err := io.ReadAll(blob)
	return content, errors.Join(err, blob.Close())
}

type fileView struct {
	FileName   string `json:"file_name"`
	FilePath   string `json:"file_path"`
	Size       int64  `json:"size"`
	Encoding   string `json:"encoding"`
	Content    string `json:"content"`
	Digest     string `json:"content_sha256"`
	Ref        string `json:"ref"`
	BlobID     string `json:"blob_id"`
	CommitID   string `json:"commit_id"`
	LastCommit string `json:"last_commit_id"`
	Executable bool   `json:"execute_filemode"`
}

func (c *call) file(p project.Project) (fileView, error) {
	q := c.read()
	ref, name := q.text("ref"), c.element("file")
	content, err := c.bytes(p, ref, name)
	if err != nil {
		return fileView{}, missing("File", err)
	}
	f, err := c.Repos.File(c.ctx, c.actor, p.ID, ref, name)
	if err != nil {
		return fileView{}, missing("File", err)
	}
	sum := sha256.Sum256(content)
	view := fileView{
		FileName: path.Base(f.Path), FilePath: f.Path, Size: int64(len(content)), Encoding: "base64", Content: base64.StdEncoding.EncodeToString(content),
		Digest: hex.EncodeToString(sum[:]), Ref: f.Ref, BlobID: f.BlobSHA, CommitID: f.SHA, LastCommit: f.SHA,
	}
	if f.LastCommit != nil {
		view.LastCommit = f.LastCommit.SHA
	}
	return view, nil
}

func (c *call) getFile() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	view, err := c.file(p)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, view)
}

// headFile is what is known of a file, in headers.
func (c *call) headFile() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	v, err := c.file(p)
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"Blob-Id": v.BlobID, "Commit-Id": v.CommitID, "Content-Sha256": v.Digest, "Encoding": v.Encoding, "File-Name": v.FileName, "File-Path": v.FilePath,
		"Last-Commit-Id": v.LastCommit, "Ref": v.Ref, "Size": strconv.FormatInt(v.Size, 10), "Execute-Filemode": strconv.FormatBool(v.Executable),
	} {
		c.w.Header().Set("X-Gitlab-"+name, value)
	}
	c.w.WriteHeader(http.StatusOK)
	return nil
}

func (c *call) rawFile() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("lfs")
	if q.err != nil {
		return q.err
	}
	name := c.element("file")
	blob, err := c.Repos.Raw(c.ctx, c.actor, p.ID, q.text("ref"), name)
	if err != nil {
		return missing("File", err)
	}
	defer func() { _ = blob.Close() }()
	c.attachment(name, "text/plain; charset=utf-8")
	return c.stream(blob)
}

type fileInfoView struct {
	FilePath string `json:"file_path"`
	Branch   string `json:"branch"`
}

// mustLack refuses a path that the branch has already. A branch that is not there
// yet has none.
func (c *call) mustLack(p project.Project, ref, name string) error {
	if ref == "" {
		return nil
	}
	blob, err := c.Repos.Raw(c.ctx, c.actor, p.ID, ref, name)
	if fault.Is(err, fault.Missing) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(&refusal{http.StatusBadRequest, said{Message: "A file with this name already exists"}}, blob.Close())
}

// writeFile answers a call that changes one file.
func (c *call) writeFile(kind string) (fileInfoView, error) {
	p, err := c.project()
	if err != nil {
		return fileInfoView{}, err
	}
	q := c.read()
	q.unsupported("author_name", "author_email", "start_project", "execute_filemode")
	name := c.element("file")
	w := change{branch: q.needed("branch"), from: q.text("start_branch"), message: q.needed("commit_message")}
	content, given := q.content()
	if kind != "delete" && !given {
		q.fail("content", "is missing")
	}
	if q.err != nil {
		return fileInfoView{}, q.err
	}
	head, err := c.head(p, w.branch)
	if err != nil {
		return fileInfoView{}, err
	}
	base := w.branch
	if head == "" {
		base = w.from
	}
	if err := c.mayWrite(p, kind, base, name, q.text("last_commit_id")); err != nil {
		return fileInfoView{}, err
	}
	w.edits = []repo.Edit{{Path: name, Content: content, Delete: kind == "delete"}}
	_, err = c.commit(p, w)
	return fileInfoView{name, w.branch}, err
}

func (c *call) mayWrite(p project.Project, kind, base, name, last string) error {
	if kind == "create" {
		return c.mustLack(p, base, name)
	}
	f, err := c.Repos.File(c.ctx, c.actor, p.ID, base, name)
	if fault.Is(err, fault.Missing) {
		return &refusal{http.StatusBadRequest, said{Message: "A file with this name doesn't exist"}}
	}
	if err != nil {
		return err
	}
	if last != "" && f.LastCommit != nil && f.LastCommit.SHA != last {
		return &refusal{http.StatusBadRequest, said{Message: "You are attempting to update a file that has changed since you started editing it."}}
	}
	return nil
}

func (c *call) createFile() error {
	view, err := c.writeFile("create")
	if err != nil {
		return err
	}
	return c.answer(http.StatusCreated, view)
}

func (c *call) updateFile() error {
	view, err := c.writeFile("update")
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, view)
}

func (c *call) deleteFile() error {
	if _, err := c.writeFile("delete"); err != nil {
		return err
	}
	return c.gone()
}
