package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"dasier/container"
	"dasier/delivery/deploy"
	"dasier/fault"
	"dasier/ml/format/mlflow"
	"dasier/ml/predict"
)

// planModel plans a container of this program's data plane and the package.
func (t *Target) planModel(ctx context.Context, p deploy.Placement, facts container.Facts) (*plan, error) {
	pkg, err := t.packages.Open(ctx, p.Project, p.Model, p.Version)
	if err != nil {
		return nil, fmt.Errorf("opening model %s version %d: %w", p.Model, p.Version, err)
	}
	digest, err := mlflow.Digest(pkg)
	if err != nil {
		return nil, fmt.Errorf("reading model %s version %d: %w", p.Model, p.Version, err)
	}
	if digest != p.Digest {
		return nil, fault.Errorf(fault.Invalid, "model %s version %d has the digest %s, the deployment is of %s: these are not the files that were registered", p.Model, p.Version, digest, p.Digest)
	}
	if facts.Architecture != runtime.GOARCH {
		return nil, fault.Errorf(fault.Invalid, "the Docker engine at %s runs %s programs, this server is one for %s: a model's container is made of the server's own program", t.engine.Host(), facts.Architecture, runtime.GOARCH)
	}
	programDigest, err := t.program.digest()
	if err != nil {
		return nil, err
	}
	made := &plan{health: "/readyz", startWithin: t.cfg.StartWithin, token: rand.Text()}
	if made.identity, err = identityOf("model", p.Endpoint, p.Environment, p.Model, p.Version, p.Digest, programDigest, t.cfg.Memory, t.cfg.CPU); err != nil {
		return nil, err
	}
	base := t.tag("program", programDigest[:16])
	image := t.tag("model", strings.TrimPrefix(p.Digest, "sha256:")[:16]+"-"+programDigest[:8])
	made.image = func(ctx context.Context) error { return t.modelImage(ctx, base, image, pkg) }
	made.verify = func(ctx context.Context, i *instance) error { return verify(ctx, pkg, i) }
	made.spec = container.Spec{
		Image: image, Program: []string{"/dasier"}, User: fmt.Sprintf("%d:%d", nobody, nobody),
		Command: []string{
			"serve", "/model", "--addr", ":" + strconv.Itoa(innerPort), "--endpoint", p.Endpoint,
			"--model", p.Model, "--model-version", strconv.Itoa(p.Version), "--env", p.Environment,
		},
		Environ:  []string{tokenVariable + "=" + made.token, "GOMEMLIMIT=" + strconv.FormatInt(t.cfg.Memory/10*9, 10)},
		ReadOnly: true, PIDs: 256, StopWithin: 15 * time.Second,
		Health: &container.Health{
			Command: []string{"/dasier", "serve", "health", "--addr", "127.0.0.1:" + strconv.Itoa(innerPort)},
			Every:   15 * time.Second, Within: 5 * time.Second, After: t.cfg.StartWithin,
		},
	}
	return made, nil
}

// modelImage builds the image of a package, on top of that of the program, of
// which there is one for all models. It is files alone: how they are run is said
// of the container, as the engine takes as long for each line of a Dockerfile as
// for copying a model.
func (t *Target) modelImage(ctx context.Context, base, image string, pkg fs.FS) error {
	if _, ok, err := t.engine.Image(ctx, image); ok || err != nil {
		return err
	}
	if err := t.programImage(ctx, base); err != nil {
		return err
	}
	return t.build(ctx, image, "model", func(w *tar.Writer) error {
		if err := (tarFile{name: "Dockerfile", mode: 0o644, body: []byte("FROM " + base + "\nCOPY model /model\n")}).write(w); err != nil {
			return err
		}
		return packTree(w, "model", pkg)
	})
}

// programImage builds the image of the program alone.
func (t *Target) programImage(ctx context.Context, base string) error {
	if _, ok, err := t.engine.Image(ctx, base); ok || err != nil {
		return err
	}
	return t.build(ctx, base, "program", func(w *tar.Writer) error {
		if err := (tarFile{name: "Dockerfile", mode: 0o644, body: []byte("FROM scratch\nCOPY dasier /dasier\n")}).write(w); err != nil {
			return err
		}
		return t.program.pack(w)
	})
}

// build builds an image of what pack writes.
func (t *Target) build(ctx context.Context, tag, kind string, pack func(w *tar.Writer) error) error {
	reader, writer := io.Pipe()
	packed := make(chan error, 1)
	go func() {
		w := tar.NewWriter(writer)
		err := pack(w)
		if err == nil {
			err = w.Close()
		}
		writer.CloseWithError(err)
		packed <- err
	}()
	err := t.engine.Build(ctx, container.Build{Context: reader, Tag: tag, Labels: map[string]string{labelServer: t.cfg.Server, labelKind: kind}})
	_ = reader.CloseWithError(io.ErrClosedPipe) // an engine that refuses does not read to the end
	if wrong := <-packed; wrong != nil && !errors.Is(wrong, io.ErrClosedPipe) {
		return wrong // the reason for whatever the engine says
	}
	return err
}

// packTree writes a package's files below a folder. Times are left out, so that
// the same files make the same image.
func packTree(w *tar.Writer, folder string, pkg fs.FS) error {
	if err := (tarFile{name: folder + "/", mode: 0o755, dir: true}).write(w); err != nil {
		return err
	}
	return fs.WalkDir(pkg, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		if entry.IsDir() {
			return tarFile{name: folder + "/" + name + "/", mode: 0o755, dir: true}.write(w)
		}
		text, err := fs.ReadFile(pkg, name)
		if err != nil {
			return fmt.Errorf("reading %s of the package: %w", name, err)
		}
		return tarFile{name: folder + "/" + name, mode: 0o644, body: text}.write(w)
	})
}

// verifyRows is how many reference rows are asked at once.
const verifyRows = 200

// verify asks the container the package's reference rows, over the way that
// requests will go: a model that answers otherwise there must not serve.
func verify(ctx context.Context, pkg fs.FS, i *instance) error {
	p, err := mlflow.Open(pkg)
	if err != nil {
		return err
	}
	program, err := p.Program()
	if err != nil {
		return err
	}
	for from := 0; from < len(p.Reference); from += verifyRows {
		rows := p.Reference[from:min(from+verifyRows, len(p.Reference))]
		text, err := askRows(ctx, i, rows)
		if err != nil {
			return err
		}
		if err := compareRows(program, p.Single(), from, rows, text); err != nil {
			return err
		}
	}
	return nil
}

// askRows gives the container's answers to reference rows, as it sent them.
func askRows(ctx context.Context, i *instance, rows []mlflow.Reference) ([]byte, error) {
	asked := make([]json.RawMessage, len(rows))
	for n := range rows {
		asked[n] = rows[n].Row
	}
	body, err := json.Marshal(asked)
	if err != nil {
		return nil, fmt.Errorf("writing reference rows: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+i.address+"/api/v1/endpoints/"+i.placement.Endpoint+"/predict", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("asking reference rows: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+i.token)
	answer, err := asking.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("asking reference rows: %w", ctx.Err())
		}
		return nil, fault.Errorf(fault.Unavailable, "the container does not answer the reference rows: %w", err)
	}
	const most = 64 << 20
	text, err := io.ReadAll(io.LimitReader(answer.Body, most))
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return nil, fmt.Errorf("reading the answers to reference rows: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fault.Errorf(fault.Invalid, "the container does not answer the reference rows (status %d): %s", answer.StatusCode, text[:min(len(text), 300)])
	}
	return text, nil
}

// compareRows holds answers to what the package recorded: the prediction, and
// of a classifier its label and the probability of every class.
func compareRows(program *predict.Program, single bool, from int, rows []mlflow.Reference, text []byte) error {
	var answers []struct {
		Prediction    *float64           `json:"prediction"`
		Label         string             `json:"label"`
		Probabilities map[string]float64 `json:"probabilities"`
		Values        map[string]float64 `json:"values"`
	}
	if err := json.Unmarshal(text, &answers); err != nil || len(answers) != len(rows) {
		return fault.Errorf(fault.Invalid, "the container does not answer the reference rows: %s", text[:min(len(text), 300)])
	}
	refuse := func(n int, why error) error {
		return fault.Errorf(fault.Invalid, "reference row %d: in the container %w: this model must not serve", from+n+1, why)
	}
	for n, answer := range answers {
		if answer.Prediction == nil {
			return refuse(n, errors.New("the model gives no prediction"))
		}
		got := predict.Outcome{Prediction: *answer.Prediction, Class: -1}
		if program.Classifies() {
			if got.Class = slices.Index(program.Classes(), answer.Label); got.Class < 0 {
				return refuse(n, fmt.Errorf("the model chooses %q, which is none of its classes", answer.Label))
			}
			for _, class := range program.Classes() {
				if program.Spec().Link == predict.Decision {
					break // it chooses without probabilities
				}
				p, ok := answer.Probabilities[class]
				if !ok {
					return refuse(n, fmt.Errorf("the model gives the class %q no probability", class))
				}
				got.Probabilities = append(got.Probabilities, p)
			}
		}
		for _, target := range program.Spec().Targets {
			v, ok := answer.Values[target]
			if !ok {
				return refuse(n, fmt.Errorf("the model gives no value for %q", target))
			}
			got.Values = append(got.Values, v)
		}
		if err := rows[n].Compare(program, got, single); err != nil { //nolint:gosec // one answer for each row: checked above
			return refuse(n, err)
		}
	}
	return nil
}
