package target_test

import (
	"context"
	"io/fs"
	"testing"

	"dasier/delivery/deploy"
	"dasier/delivery/deploy/targettest"
	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
	"dasier/delivery/target"
	"dasier/fault"
	"dasier/forge/project"
)

// shelf holds the packages of one model.
type shelf map[int]fs.FS

func (s shelf) Open(_ context.Context, _ project.ID, model string, version int) (fs.FS, error) {
	if pkg, ok := s[version]; ok {
		return pkg, nil
	}
	return nil, fault.Errorf(fault.Missing, "model %s has no version %d", model, version)
}

func open(t *testing.T) targettest.Harness {
	packages := shelf{1: servetest.Package(t, servetest.Houses(1)), 2: servetest.Package(t, servetest.Houses(2)), 3: servetest.Broken(t, 3)}
	placement := func(version int) deploy.Placement {
		p := deploy.Placement{Endpoint: "house-prices.model.staging", Project: 7, Environment: "staging", Model: "prices", Version: version}
		if pkg, ok := packages[version]; ok {
			p.Digest = servetest.Digest(t, pkg)
		}
		return p
	}
	engine := serve.New()
	return targettest.Harness{
		Target: target.NewInProcess(engine, packages),
		First:  placement(1), Next: placement(2), Broken: placement(3), Absent: placement(4),
		Ask: func(name string) (int, bool) {
			endpoint, ok := engine.Endpoint(name)
			if !ok {
				return 0, false
			}
			return endpoint.Version, true
		},
		Public: func(name string) bool {
			endpoint, ok := engine.Endpoint(name)
			return ok && endpoint.Public
		},
	}
}

func TestInProcess(t *testing.T) { targettest.Run(t, open) }

func TestInProcessRefusesOtherFiles(t *testing.T) {
	h := open(t)
	h.First.Digest = h.Next.Digest
	if err := h.Target.Apply(t.Context(), h.First); !fault.Is(err, fault.Invalid) {
		t.Errorf("files of another digest: got %v, want a refusal", err)
	}
	if _, ok := h.Ask(h.First.Endpoint); ok {
		t.Error("files of another digest serve")
	}
}
