package repo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/git"
)

// Refusal says why a ref of a push may not move.
type Refusal struct {
	Ref string
	// Reason is a few words for git's line about the ref.
	Reason string
	// Message is the sentence for the person: what, why, and what to do.
	Message string
}

// CheckPush decides what can be decided before any object is kept: for each ref
// whether the actor may move it. An error means that nothing may be pushed.
// Whether a protected branch would lose commits is git's to find out, once it
// has them: see Receive.
func (s *Service) CheckPush(ctx context.Context, actor auth.Actor, id project.ID, updates []git.RefUpdate) ([]Refusal, error) {
	r, err := s.pushing(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	_, refusals, err := s.checkPush(ctx, actor, id, r, updates)
	return refusals, err
}

func (s *Service) pushing(ctx context.Context, actor auth.Actor, id project.ID) (*git.Repo, error) {
	if err := s.gate.May(ctx, actor, id, auth.PushCode); err != nil {
		return nil, err
	}
	return s.open(ctx, id)
}

// checkPush also tells whether a protected branch is among the updates.
func (s *Service) checkPush(ctx context.Context, actor auth.Actor, id project.ID, r *git.Repo, updates []git.RefUpdate) (bool, []Refusal, error) {
	rules, err := s.store.Protections(ctx, id)
	if err != nil {
		return false, nil, err
	}
	head, err := r.Head(ctx)
	if err != nil {
		return false, nil, err
	}
	empty, err := r.Empty(ctx)
	if err != nil {
		return false, nil, err
	}
	// Role checks cost a look-up each: once per push is enough.
	mayProtected := s.gate.May(ctx, actor, id, auth.PushProtected)
	if mayProtected != nil && !fault.Is(mayProtected, fault.Denied) && !fault.Is(mayProtected, fault.Unauthenticated) {
		return false, nil, mayProtected
	}
	anyProtected := false
	var refusals []Refusal
	for _, u := range updates {
		if refusal, wrong := checkName(u); wrong {
			refusals = append(refusals, refusal)
			continue
		}
		branch, isBranch := strings.CutPrefix(u.Ref, git.Heads)
		if !isBranch {
			continue // a tag: free to whoever may push
		}
		rule, protected := ProtectionOf(rules, branch)
		anyProtected = anyProtected || protected
		refusal, wrong := checkBranch(branchCase{
			update: u, branch: branch, rule: rule, protected: protected,
			isDefault: u.Ref == head, first: empty && u.Ref == head, mayProtected: mayProtected,
			way: s.cfg.RequestLink(ctx, id, "", branch),
		})
		if wrong {
			refusals = append(refusals, refusal)
		}
	}
	return anyProtected, refusals, nil
}

// checkName refuses what is neither a branch nor a tag, and names that people
// or programs would take for something else.
func checkName(u git.RefUpdate) (Refusal, bool) {
	short, isBranch := strings.CutPrefix(u.Ref, git.Heads)
	if !isBranch {
		var isTag bool
		if short, isTag = strings.CutPrefix(u.Ref, git.Tags); !isTag {
			return Refusal{Ref: u.Ref, Reason: "not a branch or tag", Message: fmt.Sprintf(
				"%q is neither a branch (refs/heads/...) nor a tag (refs/tags/...): nothing else can be pushed here.", u.Ref)}, true
		}
	}
	if u.After == git.Zero {
		return Refusal{}, false // a bad name may always go
	}
	if err := git.CheckBranch(short); err != nil {
		return Refusal{Ref: u.Ref, Reason: "bad name", Message: strings.TrimPrefix(err.Error(), "git: ") + ": choose another name."}, true
	}
	return Refusal{}, false
}

type branchCase struct {
	update       git.RefUpdate
	branch       string
	rule         Protection
	protected    bool
	isDefault    bool
	way          string // the address that opens a merge request into the branch
	first        bool   // the first push to an empty repository, to its default branch
	mayProtected error  // nil when the actor may push where maintainers may
}

// checkBranch is the rule of one branch.
func checkBranch(c branchCase) (Refusal, bool) {
	refuse := func(reason, format string, args ...any) (Refusal, bool) {
		return Refusal{Ref: c.update.Ref, Reason: reason, Message: fmt.Sprintf(format, args...)}, true
	}
	deletion := c.update.After == git.Zero
	switch {
	case deletion && c.isDefault:
		return refuse("default branch", "%s is the default branch and cannot be deleted: make another branch the default first.", c.branch)
	case !c.protected:
		return Refusal{}, false
	case deletion:
		return refuse("protected branch", "%s is a protected branch and cannot be deleted (rule %q).", c.branch, c.rule.Pattern)
	case c.rule.PushRole == auth.None:
		return refuse("protected branch", "%s is a protected branch to which nobody may push (rule %q).%s", c.branch, c.rule.Pattern, c.detour())
	case c.rule.PushRole <= auth.Developer, c.first, c.mayProtected == nil:
		return Refusal{}, false
	}
	return refuse("protected branch", "%s is a protected branch. (%s)%s", c.branch, fault.Message(c.mayProtected), c.detour())
}

// detour names the way that is open: another branch, and a merge request.
func (c branchCase) detour() string {
	text := "\nPush to another branch and have it merged:\n  git push origin HEAD:refs/heads/YOUR-BRANCH"
	if c.way != "" {
		text += "\nthen open a merge request:\n  " + c.way
	}
	return text
}

// Receive carries out a push: pack is what the client sends after its commands,
// progress takes text for the person as it comes. It refuses all of a push when
// it must refuse a part: a push that is half done is nobody's wish. What the
// report calls done is on disk, and its events are saved.
//
// Without any update it only confirms that the actor may push.
func (s *Service) Receive(ctx context.Context, actor auth.Actor, id project.ID, push git.Push, pack io.Reader, progress io.Writer) (git.Report, error) {
	r, err := s.pushing(ctx, actor, id)
	if err != nil || len(push.Updates) == 0 {
		return git.Report{}, err
	}
	limited := &limitedPack{in: pack, left: s.cfg.PushLimit}
	protected, refusals, err := s.checkPush(ctx, actor, id, r, push.Updates)
	if err != nil {
		return git.Report{}, err
	}
	if len(refusals) > 0 {
		// A client listens only when it has sent all it has.
		if _, err := io.Copy(io.Discard, limited); err != nil && !errors.Is(err, git.ErrTooLarge) {
			return git.Report{}, fmt.Errorf("reading a refused push: %w", err)
		}
		return refuse(push, refusals, progress), nil
	}

	intent, end, err := s.begin(ctx, actor, id, SourcePush, push.Options, push.Updates)
	if err != nil {
		return git.Report{}, err
	}
	defer end()
	// From here on the push is carried through, even if the client hangs up
	// once all of it has arrived; a client that stops in the middle ends it by
	// the failure of pack.
	ctx = context.WithoutCancel(ctx)
	report, err := r.Receive(ctx, push, limited, progress, git.ReceiveOptions{
		Who: s.mover(ctx, actor), FastForwardOnly: protected,
	})
	if err != nil {
		// Git gave no report: ask the refs themselves.
		if _, settleErr := s.settleByRefs(ctx, r, intent, false); settleErr != nil {
			s.cfg.Log.ErrorContext(ctx, "a push is to be settled later", "project", id, "intent", intent.ID, "error", settleErr)
		}
		if errors.Is(err, git.ErrTooLarge) {
			return s.tooLarge(push, progress), nil
		}
		return git.Report{}, err
	}
	var moved []git.RefUpdate
	for _, u := range push.Updates {
		if report.Moved(u.Ref) {
			moved = append(moved, u)
		}
	}
	if err := s.store.SettleIntent(ctx, intent.ID, nil, s.events(ctx, actor, intent, moved)...); err != nil {
		// The push is safe and its intent too: Run settles it.
		s.cfg.Log.ErrorContext(ctx, "a push is to be settled later", "project", id, "intent", intent.ID, "error", err)
		say(progress, "Your push is stored. What follows from it (pipelines) is delayed: the server could not record it at once.")
	}
	if protected {
		explainForced(report, progress)
	}
	return report, nil
}

// refuse answers a push of which nothing is done.
func refuse(push git.Push, refusals []Refusal, progress io.Writer) git.Report {
	reasons := map[string]string{}
	for _, refusal := range refusals {
		reasons[refusal.Ref] = refusal.Reason
		say(progress, refusal.Message)
	}
	if len(refusals) < len(push.Updates) {
		say(progress, "Nothing was changed: a push is refused as a whole.")
	}
	return git.RefusePush(push, func(ref string) string {
		if reason := reasons[ref]; reason != "" {
			return reason
		}
		return "another ref of this push was refused"
	})
}

func (s *Service) tooLarge(push git.Push, progress io.Writer) git.Report {
	say(progress, fmt.Sprintf("This push is larger than the %s that one push may have here: push in parts, or keep large files out of git.", bytesText(s.cfg.PushLimit)))
	report := git.RefusePush(push, func(string) string { return "push too large" })
	report.Unpack = "push too large"
	return report
}

// explainForced adds why git would not rewrite a protected branch.
func explainForced(report git.Report, progress io.Writer) {
	for _, ref := range report.Refs {
		if ref.Reason == "non-fast-forward" {
			say(progress, fmt.Sprintf("%s cannot be forced: this push touches a protected branch, so none of its branches may lose commits. Pull first, then push.",
				strings.TrimPrefix(ref.Ref, git.Heads)))
		}
	}
}

// say writes a line for the person. Whether they still listen changes nothing.
func say(progress io.Writer, text string) {
	_, _ = io.WriteString(progress, text+"\n")
}

func bytesText(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	unit := 0
	for n >= 1024 && n%1024 == 0 && unit < len(units)-1 {
		n, unit = n/1024, unit+1
	}
	return fmt.Sprintf("%d %s", n, units[unit])
}

// limitedPack fails with git.ErrTooLarge once more than left bytes have come.
type limitedPack struct {
	in   io.Reader
	left int64
}

// Read passes on.
func (l *limitedPack) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, git.ErrTooLarge
	}
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.in.Read(p)
	l.left -= int64(n)
	if l.left < 0 {
		return 0, git.ErrTooLarge
	}
	return n, err
}
