package runner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"dasier/container"
)

// contained is the executor that runs a job's scripts in containers of the
// image that the job names, in a network of the job's own, beside the services
// that it asks for. Sources and artifacts stay the runner's work: the job's
// folders are mounted under the paths that they have here, and nothing else of
// this machine is.
type contained struct {
	b       *build
	engine  *container.Engine
	image   string
	network string
	path    string // PATH of the image
	started []string
	door    *door
}

// labelRunner marks the containers and networks of a runner's jobs, so that it
// finds those that an earlier run left behind.
const labelRunner = "dasier.runner"

func newContained(b *build) *contained {
	c := &contained{b: b, engine: b.runner.cfg.Engine, image: b.runner.cfg.Image}
	if b.job.Image != nil && b.job.Image.Name != "" {
		c.image = b.environment.expand(b.job.Image.Name)
	}
	c.network = fmt.Sprintf("dasier-job-%s-%d", b.runner.cfg.systemID, b.job.ID)
	return c
}

func (c *contained) labels() map[string]string {
	return map[string]string{labelRunner: c.b.runner.cfg.systemID}
}

// prepare makes all that the scripts need: images, network, services.
func (c *contained) prepare(ctx context.Context) error {
	if c.image == "" {
		return &jobError{errors.New("the job names no image, and this runner has none for such jobs: add image: to the job, or ask for the setting runner.image")}
	}
	c.b.journal.line("", "Using the image %s", c.image)
	if err := c.engine.Obtain(ctx, c.image); err != nil {
		return &jobError{err}
	}
	facts, err := c.engine.ImageFacts(ctx, c.image)
	if err != nil {
		return err
	}
	c.path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	for _, entry := range facts.Environ {
		if path, ok := strings.CutPrefix(entry, "PATH="); ok {
			c.path = path
		}
	}
	if err := c.engine.Network(ctx, c.network, false, c.labels()); err != nil {
		return err
	}
	gateway, err := c.engine.Gateway(ctx, c.network)
	if err != nil {
		return err
	}
	if c.door, err = openDoor(ctx, gateway, c.b.runner.client.base); err != nil {
		return err
	}
	if err := c.signInGit(); err != nil {
		return err
	}
	if err := c.openFolders(); err != nil {
		return err
	}
	for i := range c.b.job.Services {
		if err := c.serve(ctx, &c.b.job.Services[i]); err != nil {
			return err
		}
	}
	return nil
}

// signInGit lets git in the job's scripts reach the server through the door.
func (c *contained) signInGit() error {
	remote, err := newRemote(c.b.job)
	if err != nil || c.door == nil || remote.secret == "" {
		return err
	}
	name := filepath.Join(c.b.folder.home, ".gitconfig")
	text, err := os.ReadFile(name) // #nosec G304 -- the runner wrote it, and no script has run yet
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading git's settings: %w", err)
	}
	return c.b.folder.write(name, string(text)+
		fmt.Sprintf("[url %q]\n\tinsteadOf = %q\n", c.door.to+"/", remote.host+"/")+credentialSetting(c.door.to, remote.user))
}

// openFolders lets whatever user the image has write where the job may. On this
// machine nobody else gets to these folders: the one around them is closed.
func (c *contained) openFolders() error {
	for _, folder := range []string{c.b.folder.home, c.b.folder.temporary, c.b.folder.builds} {
		root, err := os.OpenRoot(folder)
		if err != nil {
			return fmt.Errorf("opening the job's folders: %w", err)
		}
		err = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.Type()&fs.ModeSymlink != 0 {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			mode := info.Mode().Perm() | 0o666
			if entry.IsDir() || mode&0o100 != 0 {
				mode |= 0o111
			}
			return root.Chmod(name, mode)
		})
		if err = errors.Join(err, root.Close()); err != nil {
			return fmt.Errorf("opening the job's folders: %w", err)
		}
	}
	return os.Chmod(c.b.folder.files, 0o711) // #nosec G302 -- within the job's own folder
}

var notInAliases = regexp.MustCompile(`[^A-Za-z0-9_.-]`)

// aliases are the names that a service answers to: the one that the job gives,
// or the image's without its tag, with __ and with - for slashes, as GitLab's
// runner has them.
func aliases(s *image) []string {
	if s.Alias != "" {
		return strings.FieldsFunc(s.Alias, func(r rune) bool { return r == ',' || r == ' ' })
	}
	name, _, _ := strings.Cut(s.Name, "@")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name = name[:i]
	}
	name = strings.ReplaceAll(name, ":", "")
	long := notInAliases.ReplaceAllString(strings.ReplaceAll(name, "/", "__"), "")
	return slices.Compact([]string{long, notInAliases.ReplaceAllString(strings.ReplaceAll(name, "/", "-"), "")})
}

// servicePatience is how long a service may take until it listens.
const servicePatience = 30 * time.Second

// serve starts a service and waits until its ports answer.
func (c *contained) serve(ctx context.Context, s *image) error {
	name := c.b.environment.expand(s.Name)
	s = &image{Name: name, Alias: c.b.environment.expand(s.Alias), Entrypoint: s.Entrypoint, Command: s.Command}
	c.b.journal.line("", "Starting the service %s as %s", name, strings.Join(aliases(s), ", "))
	if err := c.engine.Obtain(ctx, name); err != nil {
		return &jobError{err}
	}
	facts, err := c.engine.ImageFacts(ctx, name)
	if err != nil {
		return err
	}
	// A service gets the job's own variables, such as the password that the job
	// will use, but not the token.
	var environ []string
	for _, v := range c.b.job.Variables {
		if !strings.HasPrefix(v.Key, "CI_") && !strings.HasPrefix(v.Key, "GITLAB_") && !v.File {
			environ = append(environ, v.Key+"="+c.b.environment.get(v.Key))
		}
	}
	id, err := c.engine.Create(ctx, &container.Spec{
		Image: name, Program: s.Entrypoint, Command: s.Command, Environ: environ, Labels: c.labels(), Unconfined: true,
		Memory: c.b.runner.cfg.Memory, CPU: c.b.runner.cfg.CPU, Network: c.network, Aliases: aliases(s), Init: true,
	})
	if err != nil {
		return &jobError{err}
	}
	c.started = append(c.started, id)
	if err := c.engine.Start(ctx, id); err != nil {
		return &jobError{err}
	}
	return c.awaitService(ctx, id, name, facts.Ports)
}

// awaitService waits for the first port that the image names. A service that is
// slow is told of; whether the job can do without it, the job decides.
func (c *contained) awaitService(ctx context.Context, id, name string, ports []int) error {
	limited, cancel := context.WithTimeout(ctx, servicePatience)
	defer cancel()
	for {
		state, err := c.engine.Inspect(ctx, id)
		if err != nil {
			return err
		}
		if !state.Running {
			words, err := c.engine.LastWords(ctx, id, 20)
			if err != nil {
				return err
			}
			c.b.journal.line(yellow, "WARNING: the service %s ended with status %d; its log ends with:", name, state.Code)
			c.b.journal.line("", "%s", words)
			return nil
		}
		if len(ports) == 0 {
			return nil
		}
		connection, err := (&net.Dialer{Timeout: time.Second}).DialContext(limited, "tcp", net.JoinHostPort(state.Address, strconv.Itoa(ports[0])))
		if err == nil {
			return connection.Close()
		}
		if !sleep(limited, 100*time.Millisecond) {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			c.b.journal.line(yellow, "WARNING: the service %s does not listen on port %d after %s", name, ports[0], servicePatience)
			return nil
		}
	}
}

// pickShell takes bash where the image has it.
const pickShell = `if command -v bash >/dev/null 2>&1; then exec bash "$1"; else exec sh "$1"; fi`

// run implements executor: a container of its own for each script.
func (c *contained) run(ctx context.Context, argv []string, folder string, environment []string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	w := c.b.folder
	id, err := c.engine.Create(ctx, &container.Spec{
		Image: c.image, Program: []string{"sh"}, Command: []string{"-c", pickShell, "sh", argv[len(argv)-1]},
		Environ: c.environ(environment), Folder: folder, Labels: c.labels(), Mounts: c.mounts(),
		Unconfined: true, Silent: true, Init: true, PIDs: 4096,
		Memory: c.b.runner.cfg.Memory, CPU: c.b.runner.cfg.CPU, Network: c.network,
	})
	if err != nil {
		return &jobError{fmt.Errorf("making the container of %s: %w", c.image, err)}
	}
	err = c.follow(ctx, id)
	// The container goes, and with it every process in it.
	cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	err = errors.Join(err, c.engine.Remove(cleanup, id), c.takeBack(cleanup, w))
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// lastWords is how long the output of a container that has ended is read.
const lastWords = time.Minute

// follow runs a container to its end and writes what it says into the log.
func (c *contained) follow(ctx context.Context, id string) error {
	output, err := c.engine.Attach(ctx, id)
	if err != nil {
		return err
	}
	copied := make(chan error, 1)
	go func() { copied <- output.CopyTo(c.b.journal) }()
	if err = c.engine.Start(ctx, id); err != nil {
		output.Close()
		<-copied //nolint:errcheck // nothing was said
		return &jobError{fmt.Errorf("the container of %s does not start (scripts need a shell in it): %w", c.image, err)}
	}
	code, err := c.engine.Wait(ctx, id)
	if err != nil && ctx.Err() != nil {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		err = errors.Join(context.Cause(ctx), c.engine.Stop(stop, id, termGrace))
		cancel()
	}
	// The output ends with the container; the limit is for an engine that forgets.
	limit := time.AfterFunc(lastWords, output.Close)
	said := <-copied
	if limit.Stop() {
		output.Close()
	} else {
		said = nil
	}
	switch {
	case err != nil:
		return err
	case code != 0:
		return &exitError{code}
	}
	return said
}

// environ is the environment of a script in a container: programs and homes of
// this machine are not there, and the server is reached through the door.
func (c *contained) environ(environment []string) []string {
	path := c.path
	own := c.b.folder.bin + string(os.PathListSeparator)
	list := make([]string, 0, len(environment))
	for _, entry := range environment {
		key, value, _ := strings.Cut(entry, "=")
		switch key {
		case "SHELL", "USER", "LOGNAME":
			continue
		case "PATH":
			if given := strings.TrimPrefix(value, own); given != os.Getenv("PATH") {
				path = given
			}
			continue
		}
		list = append(list, key+"="+c.door.translate(value))
	}
	if c.b.folder.bin != "" {
		path = own + path
	}
	return append(list, "PATH="+path)
}

// mounts are the job's folders, and the dasier program where the job finds it.
func (c *contained) mounts() []container.Mount {
	w := c.b.folder
	list := []container.Mount{
		{Source: w.home, Target: w.home},
		{Source: w.temporary, Target: w.temporary},
		{Source: w.builds, Target: w.builds},
		{Source: w.files, Target: w.files, ReadOnly: true},
	}
	if w.bin != "" {
		list = append(list, container.Mount{Source: c.b.runner.cfg.Program, Target: filepath.Join(w.bin, "dasier"), ReadOnly: true})
	}
	return list
}

// takeBack makes the files that the container's user made the runner's again.
// Root may remove them as they are.
func (c *contained) takeBack(ctx context.Context, w *workspace) error {
	if os.Geteuid() == 0 {
		return nil
	}
	id, err := c.engine.Create(ctx, &container.Spec{
		Image: c.image, User: "0:0", Program: []string{"sh"}, Labels: c.labels(), Mounts: c.mounts()[:3], Capabilities: []string{"CHOWN", "DAC_OVERRIDE", "FOWNER"},
		Command: []string{"-c", fmt.Sprintf("chown -hR %d:%d %s %s %s", os.Geteuid(), os.Getegid(), quote(w.home), quote(w.temporary), quote(w.builds))},
	})
	if err != nil {
		return err
	}
	err = c.engine.Start(ctx, id)
	if err == nil {
		_, err = c.engine.Wait(ctx, id)
	}
	return errors.Join(err, c.engine.Remove(ctx, id))
}

// close ends the services and the network.
func (c *contained) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var errs []error
	for _, id := range c.started {
		errs = append(errs, c.engine.Remove(ctx, id))
	}
	if c.door != nil {
		c.door.close()
	}
	return errors.Join(append(errs, c.engine.RemoveNetwork(ctx, c.network))...)
}

// clearContainers removes what jobs of an earlier run left on the engine.
func (r *Runner) clearContainers(ctx context.Context) error {
	labels := map[string]string{labelRunner: r.cfg.systemID}
	list, err := r.cfg.Engine.List(ctx, labels)
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range list {
		errs = append(errs, r.cfg.Engine.Remove(ctx, c.ID))
	}
	networks, err := r.cfg.Engine.Networks(ctx, labels)
	for _, name := range networks {
		errs = append(errs, r.cfg.Engine.RemoveNetwork(ctx, name))
	}
	return errors.Join(append(errs, err)...)
}
