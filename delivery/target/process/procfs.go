package process

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// markVariable is in the environment of every process of a service; its value
// is the instance's folder. Children inherit it, whatever group they are in.
const markVariable = "DASIER_INSTANCE"

// member is a living process of an instance.
type member struct {
	pid      int
	resident int64 // bytes
}

// members lists the processes of the group or session, and those that carry the
// mark, if one is given. On a
// system without /proc it lists nothing; the group is then all that is known.
func members(group int, mark string) []member {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	own := os.Getpid()
	var list []member
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == own {
			continue
		}
		m, belongs, alive := look(pid, group)
		if alive && (belongs || marked(pid, mark)) {
			list = append(list, m)
		}
	}
	return list
}

// look reads about one process, and tells whether it is of the group or session.
func look(pid, group int) (m member, belongs, alive bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat") // #nosec G304 -- of the process table
	if err != nil {
		return member{}, false, false // it has just ended
	}
	// proc_pid_stat(5): the program's name may hold anything, so what counts
	// begins after the last parenthesis: state, parent, group, session.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 22 || strings.ContainsAny(fields[0], "ZXx") {
		return member{}, false, false
	}
	pages, err := strconv.ParseInt(fields[21], 10, 64)
	if err != nil {
		pages = 0
	}
	word := strconv.Itoa(group)
	belongs = group != 0 && (fields[3] == word || fields[2] == word)
	return member{pid, pages * int64(os.Getpagesize())}, belongs, true
}

// usage follows the memory of a group's processes. It looks at those that it
// knows, and only now and then through the whole process table for new ones: the
// table is as long as the machine is busy.
type usage struct {
	group int
	known []member
	looks int
}

// tableEvery is how many looks there are from one reading of the process table to
// the next.
const tableEvery = 8

// resident is the bytes that the processes have in memory now.
func (u *usage) resident() int64 {
	if u.looks%tableEvery == 0 {
		u.known = members(u.group, "")
	} else {
		alive := u.known[:0]
		for _, m := range u.known {
			if now, belongs, ok := look(m.pid, u.group); ok && belongs {
				alive = append(alive, now)
			}
		}
		u.known = alive
	}
	u.looks++
	var sum int64
	for _, m := range u.known {
		sum += m.resident
	}
	return sum
}

// marked tells whether a process carries the mark of the folder or of one in
// it.
func marked(pid int, folder string) bool {
	if folder == "" {
		return false
	}
	environment, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ") // #nosec G304 -- of the process table
	if err != nil {
		return false
	}
	for entry := range bytes.SplitSeq(environment, []byte{0}) {
		value, ok := bytes.CutPrefix(entry, []byte(markVariable+"="))
		if ok && (string(value) == folder || strings.HasPrefix(string(value), folder+string(filepath.Separator))) {
			return true
		}
	}
	return false
}

func signalAll(list []member, s syscall.Signal) {
	for _, m := range list {
		_ = syscall.Kill(m.pid, s) // it may have ended meanwhile
	}
}

// endWithin is how long killed processes may take to be gone: on a machine that
// is busy with others, their turn to end may be seconds away.
const endWithin = 20 * time.Second

// endAll kills what is left of an instance, again and again, because a process
// may have made another between being seen and being killed.
func endAll(group int, mark string) error {
	if group != 0 {
		_ = syscall.Kill(-group, syscall.SIGKILL) // it may be empty
	}
	pause := 5 * time.Millisecond
	for deadline := time.Now().Add(endWithin); ; pause = min(2*pause, 100*time.Millisecond) {
		left := members(group, mark)
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes of %s do not end", mark)
		}
		signalAll(left, syscall.SIGKILL)
		time.Sleep(pause)
	}
}

// endLeftovers ends what an earlier run left behind when it was killed.
func endLeftovers(dir string) error { return endAll(0, dir) }
