package git

import "testing"

func TestTags(t *testing.T) {
	ctx, r := t.Context(), newRepo(t)
	if tags, err := r.Tags(ctx, 10); err != nil || len(tags) != 0 {
		t.Fatalf("an empty repository has the tags %v, %v", tags, err)
	}
	w := newWork(t, r)
	first := w.commit("one\n\nwith a body")
	w.git("tag", "plain")
	w.git("tag", "-a", "-m", "the first\n\nof many", "v1.0")
	w.git("tag", "-a", "-m", "of a tag", "nested", "v1.0")
	w.git("tag", "tree", "HEAD^{tree}")
	second := w.commit("two")
	w.git("tag", "releases/v2")
	w.push()
	tags, err := r.Tags(ctx, 10)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]Tag{}
	for _, tag := range tags {
		byName[tag.Name] = tag
	}
	if plain := byName["plain"]; plain.Object != first || plain.Commit.SHA != first || plain.Message != "" || plain.Commit.Message != "one\n\nwith a body" {
		t.Errorf("the plain tag is %+v", plain)
	}
	if v1 := byName["v1.0"]; v1.Object == first || v1.Commit.SHA != first || v1.Message != "the first\n\nof many" || v1.Commit.Title() != "one" || v1.Commit.AuthorName == "" {
		t.Errorf("the annotated tag is %+v", v1)
	}
	if v2 := byName["releases/v2"]; v2.Commit.SHA != second || len(v2.Commit.Parents) != 1 {
		t.Errorf("the second is %+v", v2)
	}
	if _, there := byName["tree"]; there {
		t.Error("a tag of a tree is listed")
	}
	if most, err := r.Tags(ctx, 1); err != nil || len(most) > 1 {
		t.Errorf("at most one tag is %v, %v", most, err)
	}
}
