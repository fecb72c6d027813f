package git

import (
	"os"
	"slices"
	"strconv"
)

// HiddenRefs is the folder of refs that keep objects alive for the server
// itself. Clients neither see nor push them.
const HiddenRefs = "refs/keep"

// setting is one line of git configuration.
type setting struct{ key, value string }

// settings holds for every process. They travel in the environment, where they
// outrank the repository's own config file, so that a repository made by an
// older version of this program behaves like one made today.
var settings = []setting{
	// Repositories belong to the server, whoever owns the files.
	{"safe.directory", "*"},

	// An acknowledged push survives the loss of power: objects, packs, their
	// indexes and refs are flushed before git says ok. Pushes always stay
	// packs (unpackLimit 1): two flushes instead of one per object.
	{"core.fsync", "committed,derived-metadata,reference"},
	{"core.fsyncMethod", "fsync"},
	{"receive.unpackLimit", "1"},

	// Nothing runs that we did not ask for.
	{"core.hooksPath", os.DevNull},
	{"core.attributesFile", os.DevNull},
	{"core.fsmonitor", "false"},
	{"protocol.allow", "never"},
	{"gc.auto", "0"},
	{"maintenance.auto", "false"},
	{"receive.autogc", "false"},

	// Housekeeping on request (maintain.go). Objects without a ref live two
	// weeks: far longer than any push or merge in progress.
	{"gc.pruneExpire", "2.weeks.ago"},
	{"gc.writeCommitGraph", "true"},
	{"core.commitGraph", "true"},

	// Every move of a ref is logged: after a crash the log tells which
	// intended moves really happened.
	{"core.logAllRefUpdates", "always"},
	{"core.filesRefLockTimeout", "3000"},
	{"core.packedRefsTimeout", "5000"},

	// Memory: big files are streamed, never held or compared.
	{"core.bigFileThreshold", "32m"},
	{"pack.windowMemory", "64m"},
	{"pack.deltaCacheSize", "64m"},

	// Paths come as bytes, not quoted.
	{"core.quotePath", "false"},
	{"diff.renameLimit", "1000"},
	{"merge.renameLimit", "1000"},

	// What arrives is checked. The three exceptions are harmless defects that
	// old tools left in the histories of well-known projects.
	{"receive.fsckObjects", "true"},
	{"receive.fsck.badTimezone", "ignore"},
	{"receive.fsck.missingSpaceBeforeDate", "ignore"},
	{"receive.fsck.zeroPaddedFilemode", "ignore"},
	{"receive.advertisePushOptions", "true"},
	{"receive.advertiseAtomic", "true"},

	// Partial clones, and fetches of one commit by its name, as CI runners do.
	{"uploadpack.allowFilter", "true"},
	{"uploadpack.allowAnySHA1InWant", "true"},
	{"transfer.hideRefs", HiddenRefs},
}

// environment is what a process of git sees: the bare minimum of ours, the
// settings, and extra.
func environment(dir string, extra []setting, vars []string) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + dir,
		"LC_ALL=C",
		"TZ=UTC",
		"GIT_DIR=" + dir,
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_NO_REPLACE_OBJECTS=1",
		"GIT_LITERAL_PATHSPECS=1",
		// The log of refs wants a name; callers that act for someone override it.
		"GIT_COMMITTER_NAME=dasier",
		"GIT_COMMITTER_EMAIL=dasier@localhost",
	}
	if tmp := os.Getenv("TMPDIR"); tmp != "" {
		env = append(env, "TMPDIR="+tmp)
	}
	all := slices.Concat(settings, extra)
	env = append(env, "GIT_CONFIG_COUNT="+strconv.Itoa(len(all)))
	for i, s := range all {
		n := strconv.Itoa(i)
		env = append(env, "GIT_CONFIG_KEY_"+n+"="+s.key, "GIT_CONFIG_VALUE_"+n+"="+s.value)
	}
	return append(env, vars...)
}
