package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"dasier/delivery/target/docker"
	"dasier/fault"
	"dasier/git"
)

// Finding is one thing that a server needs, or could use.
type Finding struct {
	What string
	Says string // how it is
	Fix  string // what to do; empty when all is well
	// Needed tells a server that cannot start from one that can do less.
	Needed bool
}

// Diagnose looks at what a server with these settings needs of this machine.
// Nothing is changed.
func Diagnose(ctx context.Context, config Config) []Finding {
	return []Finding{
		diagnoseData(config), diagnoseGit(ctx), diagnosePort(ctx, config), diagnoseShell(), diagnoseJobs(config), diagnoseDocker(ctx, config),
	}
}

// leastSpace is below what one can hardly work with.
const leastSpace = 1 << 30

func diagnoseData(config Config) Finding {
	f := Finding{What: "data folder", Needed: true}
	info, err := os.Stat(config.Data)
	switch {
	case os.IsNotExist(err):
		f.Needed, f.Says = false, config.Data+" is not there yet: the server makes it"
		return f
	case err != nil:
		f.Says, f.Fix = err.Error(), "let this user read "+config.Data+", or name another folder with --data"
		return f
	case !info.IsDir():
		f.Says, f.Fix = config.Data+" is no folder", "name a folder with --data"
		return f
	}
	probe, err := os.CreateTemp(config.Data, ".doctor")
	if err != nil {
		f.Says, f.Fix = "this user cannot write to "+config.Data, "chown -R "+userName()+" "+config.Data+", or run the server as the folder's owner"
		return f
	}
	_ = probe.Close() // nothing was written
	_ = os.Remove(probe.Name())
	var space syscall.Statfs_t
	if err := syscall.Statfs(config.Data, &space); err != nil {
		f.Says = config.Data
		return f
	}
	free := int64(space.Bavail) * int64(space.Bsize) //nolint:unconvert,gosec // the types differ between systems
	f.Says = fmt.Sprintf("%s, %.1f GiB free", config.Data, float64(free)/(1<<30))
	if free < leastSpace {
		f.Needed, f.Fix = false, "make room on its disk: repositories, artifacts and models are kept there"
	}
	return f
}

func diagnoseGit(ctx context.Context) Finding {
	f := Finding{What: "git", Needed: true}
	if _, err := git.Find(ctx); err != nil {
		f.Says, f.Fix = fault.Message(err), "install git 2.39 or newer: apt-get install git"
		return f
	}
	version, err := exec.CommandContext(ctx, "git", "version").Output()
	if err != nil {
		f.Says, f.Fix = "git does not say its version", "install git again"
		return f
	}
	f.Says = string(version[:max(0, len(version)-1)])
	return f
}

// diagnosePort tells a server that runs from another program at its address.
func diagnosePort(ctx context.Context, config Config) Finding {
	f := Finding{What: "address", Needed: true}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", config.Addr)
	if err == nil {
		_ = listener.Close() // it served its purpose
		f.Says = config.Addr + " is free"
		return f
	}
	if answersAsServer(ctx, "http://"+reachable(config.Addr)+"/healthz") {
		f.Says = "a server runs at " + config.Addr
		return f
	}
	f.Says, f.Fix = err.Error(), "stop the program that has the address, or choose another with --addr"
	return f
}

func answersAsServer(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = answer.Body.Close() // the status says it
	return answer.StatusCode == http.StatusOK
}

func diagnoseShell() Finding {
	f := Finding{What: "shell for jobs"}
	for _, name := range []string{"bash", "sh"} {
		if path, err := exec.LookPath(name); err == nil {
			f.Says = path
			return f
		}
	}
	f.Says, f.Fix = "neither bash nor sh is on PATH", "install bash, or run no jobs here (runner.jobs: 0)"
	return f
}

func diagnoseJobs(config Config) Finding {
	f := Finding{What: "rights of jobs"}
	users, err := wantedUsers(config)
	_, _, closed := buildsFolder(config, len(users) > 0)
	switch {
	case config.Jobs == 0:
		f.Says = "no jobs run here"
	case err != nil:
		f.Needed, f.Says, f.Fix = true, fault.Message(err), "change the settings runner.user or runner.jobs"
	case closed != nil:
		f.Needed, f.Says, f.Fix = true, fault.Message(closed), "change the folder's mode or the setting runner.builds"
	case len(users) > 1 || len(users) == 1 && config.JobsUser == jobsOwn:
		f.Says = fmt.Sprintf("each runs as a user of its own (%d to %d)", firstJobUser, firstJobUser+mostJobUsers-1)
	case len(users) == 1:
		f.Says, f.Fix = "all run as "+config.JobsUser+", so one can read what is another's", "set runner.user to own"
	case os.Geteuid() == 0:
		f.Says, f.Fix = "they run as root, as runner.user says: whoever may push owns this machine", "set runner.user to own"
	case config.Executor == "docker":
		f.Says = "they run in containers"
	default:
		f.Says = "they run as " + userName() + ", as the server does: whoever may push can read what the server can"
		f.Fix = "start the server as root, which gives each job a user of its own, or set runner.executor to docker"
	}
	return f
}

func diagnoseDocker(ctx context.Context, config Config) Finding {
	f := Finding{What: "Docker", Needed: config.Executor == "docker"}
	engine, err := connectDocker(config)
	if err != nil {
		f.Says, f.Fix = fault.Message(err), "change the settings docker.host, docker.ca, docker.cert and docker.key"
		return f
	}
	defer func() { _ = engine.Close() }() // nothing was changed
	facts, err := engine.Facts(ctx)
	if err != nil {
		f.Says = fault.Message(err)
		f.Fix = "install and start it (apt-get install docker.io), let " + userName() + " use it (usermod -aG docker " + userName() + "), or do without: only environments with target docker need it"
		return f
	}
	f.Says = fmt.Sprintf("engine %s at %s, %d CPUs, %.1f GiB", facts.Version, engine.Host(), facts.CPUs, float64(facts.Memory)/(1<<30))
	switch err := docker.CheckProgram("/proc/self/exe"); {
	case facts.System != "linux":
		f.Fix = "it runs " + facts.System + " containers: Linux ones are needed"
	case facts.Architecture != runtime.GOARCH:
		f.Fix = "it runs " + facts.Architecture + " programs and this one is for " + runtime.GOARCH + ": models need an engine of the same kind"
	case err != nil:
		f.Fix = fault.Message(err)
	case !engine.Local() && config.Executor == "docker":
		f.Fix = "jobs in containers need the engine of this machine: set docker.host to its socket"
	}
	return f
}

func userName() string {
	if name := os.Getenv("USER"); name != "" {
		return name
	}
	return fmt.Sprint(os.Geteuid())
}
