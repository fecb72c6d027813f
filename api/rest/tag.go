package rest

import (
	"net/http"
	"slices"
	"strings"

	"dasier/fault"
	"dasier/forge/project"
	"dasier/git"
)

type tagView struct {
	Name      string     `json:"name"`
	Message   string     `json:"message"`
	Target    string     `json:"target"`
	Commit    commitView `json:"commit"`
	Release   *struct{}  `json:"release"`
	Protected bool       `json:"protected"`
}

func (c *call) viewTag(p project.Project, g git.Tag) tagView {
	return tagView{Name: g.Name, Message: g.Message, Target: g.Object, Commit: c.viewCommit(p, g.Commit)}
}

func (c *call) listTags() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	tags, err := c.Repos.Tags(c.ctx, c.actor, p.ID)
	if err != nil {
		return err
	}
	q := c.read()
	if q.text("order_by") == "name" {
		slices.SortFunc(tags, func(a, b git.Tag) int { return strings.Compare(b.Name, a.Name) })
	}
	if q.text("sort") == "asc" {
		slices.Reverse(tags)
	}
	search, views := q.text("search"), []tagView{}
	for _, g := range tags {
		if searched(g.Name, search) {
			views = append(views, c.viewTag(p, g))
		}
	}
	return whole(c, views)
}

func (c *call) tag(p project.Project, name string) (git.Tag, error) {
	tags, err := c.Repos.Tags(c.ctx, c.actor, p.ID)
	if err != nil {
		return git.Tag{}, err
	}
	for _, g := range tags {
		if g.Name == name {
			return g, nil
		}
	}
	return git.Tag{}, missing("Tag", fault.Errorf(fault.Missing, "no tag %q", name))
}

func (c *call) getTag() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	g, err := c.tag(p, c.element("tag"))
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, c.viewTag(p, g))
}

func (c *call) createTag() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("message", "release_description") // annotated tags come by git
	name, from := q.needed("tag_name"), q.needed("ref")
	if q.err != nil {
		return q.err
	}
	if _, err := c.Repos.CreateTag(c.ctx, c.actor, p.ID, name, from); err != nil {
		switch {
		case fault.Is(err, fault.Missing):
			return &refusal{http.StatusBadRequest, said{Message: "Target " + from + " is invalid"}}
		case fault.Is(err, fault.Conflict):
			return &refusal{http.StatusBadRequest, said{Message: "Tag " + name + " already exists"}}
		}
		return err
	}
	g, err := c.tag(p, name)
	if err != nil {
		return err
	}
	return c.answer(http.StatusCreated, c.viewTag(p, g))
}

func (c *call) deleteTag() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	if err := c.Repos.DeleteTag(c.ctx, c.actor, p.ID, c.element("tag")); err != nil {
		return missing("Tag", err)
	}
	return c.gone()
}
