package runner

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// markVariable is in the environment of every process of a job; its value is the
// job's folder. Children inherit it, in whatever group or session they are.
const markVariable = "DASIER_JOB"

// tree is the processes that come from one step of a job. Linux keeps no such
// list, so it is put together from /proc: the leader's session and group, those
// that carry the job's mark, those whose working folder is the job's, and the
// children of all of them. On systems without /proc it is the leader's group.
type tree struct {
	mark string
	// leader is the first process; 0: only what the mark finds. It is known
	// once that has started, and then the job may be stopped already.
	leader atomic.Int64
	// user is the job's alone: whatever runs as it is the job's. nil: the user is
	// the runner's own, or one that jobs share.
	user *User
}

// settle is how long to wait before looking again.
const settle = 5 * time.Millisecond

// killPatience is how long processes that were killed may take to be gone: one
// that waits for a disk that does not answer never is.
const killPatience = 10 * time.Second

// end stops what is left of the tree: asked first, forced after the grace.
func (t *tree) end(grace time.Duration) error {
	members := t.members()
	if len(members) == 0 {
		return nil
	}
	errs := []error{signalAll(members, syscall.SIGTERM)}
	for deadline, pause := time.Now().Add(grace), settle; ; pause = min(2*pause, 100*time.Millisecond) {
		time.Sleep(pause)
		if members = t.members(); len(members) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			break
		}
	}
	// Again and again, because a process may have made another between being
	// seen and being killed, and because on a busy machine it takes its time to die.
	for deadline, pause := time.Now().Add(killPatience), settle; ; pause = min(2*pause, 100*time.Millisecond) {
		if members = t.members(); len(members) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			break
		}
		errs = append(errs[:1], signalAll(members, syscall.SIGKILL))
		time.Sleep(pause)
	}
	return errors.Join(append(errs, fmt.Errorf("%d processes of the job do not end", len(members)))...)
}

// signal sends a signal to the whole tree.
func (t *tree) signal(s syscall.Signal) error { return signalAll(t.members(), s) }

func signalAll(members []int, s syscall.Signal) error {
	var errs []error
	for _, pid := range members {
		if err := syscall.Kill(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
			errs = append(errs, fmt.Errorf("sending %s to process %d: %w", s, pid, err))
		}
	}
	return errors.Join(errs...)
}

// member is a line of the process table.
type member struct {
	pid, parent, group, session int
}

// members lists the tree's living processes.
func (t *tree) members() []int {
	table, err := readProcesses()
	if err != nil {
		return t.group()
	}
	own, leader := os.Getpid(), int(t.leader.Load())
	var list []int
	found := map[int]bool{}
	for i := range table {
		m := &table[i]
		if m.pid != own && (leader != 0 && (m.pid == leader || m.group == leader || m.session == leader) || t.user.owns(m.pid) || t.marked(m)) {
			found[m.pid] = true
		}
	}
	// Children of members are members, to any depth; the table is in no order
	// that would make one pass enough.
	for grown := true; grown; {
		grown = false
		for i := range table {
			if m := &table[i]; !found[m.pid] && found[m.parent] && m.pid != own {
				found[m.pid], grown = true, true
			}
		}
	}
	for pid := range found {
		list = append(list, pid)
	}
	return list
}

// group is the tree on systems without /proc.
func (t *tree) group() []int {
	leader := int(t.leader.Load())
	if leader == 0 || syscall.Kill(-leader, 0) != nil {
		return nil
	}
	return []int{-leader}
}

// marked tells whether a process carries the mark. One that threw its
// environment away and lost its parent is known by the job's folder, in which it
// works; with a parent it may be a person's shell, which is left alone.
// Processes of other users cannot be looked into; they are not the job's.
func (t *tree) marked(m *member) bool {
	proc := "/proc/" + strconv.Itoa(m.pid)
	if environment, err := os.ReadFile(proc + "/environ"); err == nil { // #nosec G304 -- of the process table
		for entry := range bytes.SplitSeq(environment, []byte{0}) {
			if value, ok := bytes.CutPrefix(entry, []byte(markVariable+"=")); ok && within(string(value), t.mark) {
				return true
			}
		}
	}
	if m.parent != 1 {
		return false
	}
	folder, err := os.Readlink(proc + "/cwd")
	return err == nil && within(folder, t.mark)
}

// within tells whether a path is a folder or in it.
func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+string(filepath.Separator))
}

// readProcesses reads the process table; the dead that nobody has buried yet are
// left out.
func readProcesses() ([]member, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("reading the process table: %w", err)
	}
	var table []member
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		text, err := os.ReadFile("/proc/" + entry.Name() + "/stat") // #nosec G304 -- of the process table
		if err != nil {
			continue // it has just ended
		}
		if m, alive := readStat(string(text)); alive {
			m.pid = pid
			table = append(table, m)
		}
	}
	if len(table) == 0 {
		return nil, errors.New("the process table is empty")
	}
	return table, nil
}

// readStat reads what is needed of /proc/<pid>/stat (proc_pid_stat(5)). The
// second field is the program's name, which may hold anything: what counts
// begins after the last parenthesis.
func readStat(text string) (member, bool) {
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 4 || strings.ContainsAny(fields[0], "ZXx") {
		return member{}, false
	}
	var numbers [3]int
	for i := range numbers {
		n, err := strconv.Atoi(fields[1+i])
		if err != nil {
			return member{}, false
		}
		numbers[i] = n
	}
	return member{parent: numbers[0], group: numbers[1], session: numbers[2]}, true
}

// killLeftovers ends the processes of jobs that an earlier run of the runner left
// behind when it was killed, and of whoever had the users before.
func (r *Runner) killLeftovers() error {
	errs := []error{(&tree{mark: r.cfg.Dir}).end(termGrace)}
	if r.cfg.usersAlone() {
		for i := range r.cfg.Users {
			errs = append(errs, (&tree{mark: r.cfg.Dir, user: &r.cfg.Users[i]}).end(termGrace))
		}
	}
	return errors.Join(errs...)
}
