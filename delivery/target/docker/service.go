package docker

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"dasier/container"
	"dasier/delivery/bundle"
	"dasier/delivery/deploy"
	"dasier/fault"
)

// Where a bundle's files are in a container that is made of them, and the files
// of variables in all.
const (
	bundleFolder   = "/srv"
	variableFolder = "run/dasier"
)

// capabilities are what people's images usually need to become the user that
// they run as. Of our own images nothing needs any.
var capabilities = []string{"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID", "NET_BIND_SERVICE"}

// planService plans a container of a bundle.
func (t *Target) planService(p deploy.Placement, facts container.Facts) (*plan, error) {
	s := p.Service
	if s == nil {
		return nil, fault.Errorf(fault.Invalid, "the deployment does not say what to run")
	}
	manifest, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	keys := make([]string, len(p.Environ))
	for i, v := range p.Environ {
		keys[i] = v.Key
	}
	made := &plan{health: orText(s.Health, "/"), startWithin: s.StartWithin}
	if made.startWithin == 0 {
		made.startWithin = time.Minute
	}
	if made.identity, err = identityOf("service", p.Endpoint, p.Deployment, p.Digest, string(manifest), keys, t.cfg.Memory, t.cfg.CPU); err != nil {
		return nil, err
	}
	made.spec = container.Spec{
		Image:     t.tag("service", strings.TrimPrefix(p.Digest, "sha256:")[:16]+"-"+made.identity[:8]),
		Temporary: map[string]string{"/tmp": "rw,noexec,nosuid,size=64m"},
		Memory:    s.Limits.Memory, CPU: s.Limits.CPU, StopWithin: s.StopWithin, Init: true,
	}
	made.image = func(ctx context.Context) error { return t.serviceImage(ctx, p, made.spec.Image, facts) }
	if s.Image == "" && s.Dockerfile == "" {
		made.spec.User, made.spec.ReadOnly = fmt.Sprintf("%d:%d", nobody, nobody), true
		made.spec.Environ = append(made.spec.Environ, "PATH="+bundleFolder, "HOME=/tmp")
	} else {
		made.spec.Capabilities = capabilities
	}
	if len(s.Command) > 0 {
		// In place of the entry point as well: the manifest's command is the
		// whole of it.
		made.spec.Program, made.spec.Command = s.Command[:1], s.Command[1:]
	}
	made.spec.Environ = append(made.spec.Environ, orText(s.PortVariable, "PORT")+"="+strconv.Itoa(innerPort))
	return made, made.giveVariables(p.Environ)
}

// giveVariables puts variables where the program finds them. Those that are
// files need a file system that can be written before the program starts; the
// program, which is nobody, still cannot write there.
func (p *plan) giveVariables(variables []deploy.Variable) error {
	files := []tarFile{{name: "run/", mode: 0o755, dir: true}, {name: variableFolder + "/", mode: 0o755, dir: true}}
	for _, v := range variables {
		value := v.Value
		if v.File {
			if v.Key == "" || strings.ContainsAny(v.Key, "/\x00") || strings.HasPrefix(v.Key, ".") {
				return fault.Errorf(fault.Invalid, "the variable name %q cannot name a file", v.Key)
			}
			name := variableFolder + "/" + v.Key
			// The image's user is not known before it runs; nobody else is in
			// the container.
			files = append(files, tarFile{name: name, mode: 0o444, user: nobody, body: []byte(value)})
			value = "/" + name
		}
		p.spec.Environ = append(p.spec.Environ, v.Key+"="+value)
	}
	if len(files) == 2 {
		return nil
	}
	p.spec.ReadOnly = false
	var err error
	p.files, err = archive(files...)
	return err
}

// serviceImage builds what a service runs of.
func (t *Target) serviceImage(ctx context.Context, p deploy.Placement, tag string, facts container.Facts) error {
	if _, ok, err := t.engine.Image(ctx, tag); ok || err != nil {
		return err
	}
	s := p.Service
	if s.Image != "" {
		if err := t.engine.Obtain(ctx, s.Image); err != nil {
			return err
		}
	}
	packed, _, err := t.bundles.Open(ctx, p.Project, p.Digest)
	if err != nil {
		return fmt.Errorf("opening the bundle: %w", err)
	}
	if s.Dockerfile != "" {
		err = t.engine.Build(ctx, container.Build{
			Context: packed, Dockerfile: s.Dockerfile, Tag: tag, Memory: buildMemory,
			Labels: map[string]string{labelServer: t.cfg.Server, labelKind: "service"},
		})
		return errors.Join(err, packed.Close())
	}
	from := orText(s.Image, "scratch")
	if from == "scratch" {
		if len(s.Command) == 0 {
			return errors.Join(fault.Errorf(fault.Invalid, "the service names no command, no image and no dockerfile: there is nothing to run"), packed.Close())
		}
		if facts.Architecture != "amd64" && facts.Architecture != "arm64" {
			return errors.Join(fault.Errorf(fault.Invalid, "the Docker engine runs %s programs: name an image or a dockerfile", facts.Architecture), packed.Close())
		}
	}
	err = t.build(ctx, tag, "service", func(w *tar.Writer) error {
		// The user and the port are said of the container: see modelImage.
		dockerfile := fmt.Sprintf("FROM %s\nCOPY app %s\nWORKDIR %s\n", from, bundleFolder, bundleFolder)
		if err := (tarFile{name: "Dockerfile", mode: 0o644, body: []byte(dockerfile)}).write(w); err != nil {
			return err
		}
		return repack(w, packed, s, from == "scratch")
	})
	return errors.Join(err, packed.Close())
}

// buildMemory bounds each step of a project's Dockerfile.
const buildMemory = 4 << 30

// repack writes a bundle's entries below app/. Without a system around it, the
// command must be a program that needs none.
func repack(w *tar.Writer, packed io.Reader, s *bundle.Service, alone bool) error {
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		return fmt.Errorf("reading the bundle: %w", err)
	}
	if err := (tarFile{name: "app/", mode: 0o755, dir: true}).write(w); err != nil {
		return err
	}
	program, found := "", !alone
	if alone {
		program = path.Clean(strings.TrimPrefix(s.Command[0], bundleFolder+"/"))
	}
	for r := tar.NewReader(unzipped); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("reading the bundle: %w", err)
		}
		var content io.Reader = r
		name := path.Clean(header.Name)
		if alone && name == program && header.Typeflag == tar.TypeReg {
			head := make([]byte, min(header.Size, headBytes))
			if _, err := io.ReadFull(r, head); err != nil {
				return fmt.Errorf("reading the bundle: %w", err)
			}
			if err := needsNothing(head); err != nil {
				return fault.Errorf(fault.Invalid, "%s %w: link it statically (Go: CGO_ENABLED=0), or name an image or a dockerfile in the service's manifest", s.Command[0], err)
			}
			found, content = true, io.MultiReader(strings.NewReader(string(head)), r)
		}
		if name == "." {
			continue
		}
		renamed := *header
		renamed.Name, renamed.Uid, renamed.Gid, renamed.Uname, renamed.Gname = "app/"+name, 0, 0, "", ""
		if header.Typeflag == tar.TypeDir {
			renamed.Name += "/"
		}
		// Whoever packed it may have kept files to themselves; the program's user
		// is another one.
		renamed.Mode |= 0o444 | (header.Mode&0o100)>>3 | (header.Mode&0o100)>>6
		if header.Typeflag == tar.TypeDir {
			renamed.Mode |= 0o111
		}
		if err := w.WriteHeader(&renamed); err != nil {
			return fmt.Errorf("packing %s: %w", name, err)
		}
		if _, err := io.Copy(w, content); err != nil { // #nosec G110 -- the archive was bounded when it came in
			return fmt.Errorf("packing %s: %w", name, err)
		}
	}
	if !found {
		return fault.Errorf(fault.Invalid, "the command %s is not among the service's files: add it to files, or name an image or a dockerfile", s.Command[0])
	}
	return nil
}

func orText(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
