package git

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Tag is a name for a commit that is meant to stay.
type Tag struct {
	Name    string
	Object  string // what the ref names: an annotated tag's own object, or the commit
	Message string // of an annotated tag; "" of a plain one
	Commit  Commit
}

// tagFormat is, of an annotated tag, the commit that it names (*), and of a plain
// one the commit itself.
var tagFormat = "%(refname)%00%(objectname)%00%(if)%(*objectname)%(then)%(contents)%00%(*objecttype)%00" + commitOf("*") +
	"%(else)%00%(objecttype)%00" + commitOf("") + "%(end)"

func commitOf(mark string) string {
	var format strings.Builder
	for _, field := range []string{"objectname", "parent", "authorname", "authoremail:trim", "authordate:unix", "committername", "committeremail:trim", "committerdate:unix", "contents"} {
		format.WriteString("%(" + mark + field + ")%00")
	}
	return format.String()
}

// Tags lists up to limit tags of commits, the newest first. Tags of anything else
// (of a tree, of another tag) are left out.
func (r *Repo) Tags(ctx context.Context, limit int) ([]Tag, error) {
	out, err := r.output(ctx, pageOutput, "for-each-ref", "--sort=-creatordate", "--count="+strconv.Itoa(limit), "--format="+tagFormat, Tags)
	if err != nil {
		return nil, fmt.Errorf("listing tags: %w", err)
	}
	var tags []Tag
	err = eachRecord(out, 4+commitFields, func(fields []string) error {
		if fields[3] == "commit" {
			message := strings.TrimRight(strings.ToValidUTF8(fields[2], "\uFFFD"), "\n")
			tags = append(tags, Tag{Name: strings.TrimPrefix(fields[0], Tags), Object: fields[1], Message: message, Commit: commitFrom(fields[4:])})
		}
		return nil
	})
	return tags, err
}
