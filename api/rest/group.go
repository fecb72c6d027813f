package rest

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"dasier/fault"
	"dasier/forge/group"
	"dasier/forge/project"
)

type groupView struct {
	ID          group.ID   `json:"id"`
	Name        string     `json:"name"`
	Path        string     `json:"path"`
	FullName    string     `json:"full_name"`
	FullPath    string     `json:"full_path"`
	Description string     `json:"description"`
	Visibility  string     `json:"visibility"`
	WebURL      string     `json:"web_url"`
	ParentID    *int64     `json:"parent_id"`
	CreatedAt   *time.Time `json:"created_at"`
}

func (c *call) viewGroup(g group.Group) groupView {
	return groupView{
		ID: g.ID, Name: g.Name, Path: g.Path, FullName: g.Name, FullPath: g.Path, Description: g.Description, Visibility: "private",
		WebURL: c.cfg.URL + "/groups/" + g.Path, CreatedAt: moment(g.CreatedAt),
	}
}

// group is the one that the path names by number or by path.
func (c *call) group() (group.Group, error) {
	named := c.element("id")
	if id, err := strconv.ParseInt(named, 10, 64); err == nil {
		g, err := c.groupByID(group.ID(id))
		return g, missing("Group", err)
	}
	if strings.Contains(named, "/") { // groups have one level here
		return group.Group{}, missing("Group", fault.Errorf(fault.Missing, "no group %q", named))
	}
	g, err := c.Groups.Get(c.ctx, c.actor, named)
	if err != nil {
		return group.Group{}, missing("Group", err)
	}
	return g, nil
}

// groupByID looks among the groups that the actor may see: the house names them
// by path.
func (c *call) groupByID(id group.ID) (group.Group, error) {
	const step = 100
	for offset := 0; ; offset += step {
		groups, total, err := c.Groups.List(c.ctx, c.actor, "", project.Page{Offset: offset, Limit: step})
		if err != nil {
			return group.Group{}, err
		}
		for _, g := range groups {
			if g.ID == id {
				return g, nil
			}
		}
		if len(groups) == 0 || offset+step >= total {
			return group.Group{}, fault.Errorf(fault.Missing, "no group %d", id)
		}
	}
}

func (c *call) listGroups() error {
	q := c.read()
	q.unsupported("statistics", "top_level_only", "skip_groups")
	if q.err != nil {
		return q.err
	}
	groups, total, err := c.Groups.List(c.ctx, c.actor, q.text("search"), c.page())
	if err != nil {
		return err
	}
	return listed(c, mapped(groups, c.viewGroup), total)
}

func (c *call) getGroup() error {
	g, err := c.group()
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, c.viewGroup(g))
}

func (c *call) createGroup() error {
	q := c.read()
	q.unsupported("parent_id", "avatar")
	if v := q.text("visibility"); v != "" && v != "private" {
		q.fail("visibility", "can only be private on this server")
	}
	wanted := group.Group{Path: q.needed("path"), Name: q.needed("name"), Description: q.text("description")}
	if q.err != nil {
		return q.err
	}
	g, err := c.Groups.Create(c.ctx, c.actor, wanted)
	if err != nil {
		return err
	}
	return c.answer(http.StatusCreated, c.viewGroup(g))
}

func (c *call) editGroup() error {
	g, err := c.group()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("path", "avatar")
	name, description := q.someText("name"), q.someText("description")
	if q.err != nil {
		return q.err
	}
	if g, err = c.Groups.Update(c.ctx, c.actor, g.Path, name, description); err != nil {
		return err
	}
	return c.answer(http.StatusOK, c.viewGroup(g))
}

func (c *call) deleteGroup() error {
	g, err := c.group()
	if err != nil {
		return err
	}
	if err := c.Groups.Delete(c.ctx, c.actor, g.Path); err != nil {
		return err
	}
	return c.answer(http.StatusAccepted, said{Message: "202 Accepted"})
}

func (c *call) groupProjects() error {
	g, err := c.group()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("search", "archived", "starred")
	if q.err != nil {
		return q.err
	}
	projects, total, err := c.Groups.Projects(c.ctx, c.actor, g.Path, c.page())
	if err != nil {
		return err
	}
	return c.answerProjects(projects, total)
}
