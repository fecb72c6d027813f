package deploy_test

import (
	"context"
	"testing"

	"dasier/delivery/deploy"
	"dasier/fault"
)

// TestForgetWaitsForADeploymentUnderWay: one that ends after its project was
// forgotten would leave an endpoint that nobody owns.
func TestForgetWaitsForADeploymentUnderWay(t *testing.T) {
	h := build(t)
	d := h.request("staging", 1)
	inside, forgotten := make(chan struct{}), make(chan error, 1)
	h.target.before = func(context.Context, deploy.Placement) error {
		close(inside)
		// Forget has begun, or will: either way it must let this one end.
		go func() { forgotten <- h.service.Forget(t.Context(), h.id) }()
		return nil
	}
	if err := h.service.Run(t.Context(), d.ID); err != nil && !fault.Is(err, fault.Missing) {
		t.Fatal(err)
	}
	<-inside
	if err := <-forgotten; err != nil {
		t.Fatal(err)
	}
	if list := h.engine.Endpoints(); len(list) != 0 {
		t.Errorf("endpoints %v, want none", list)
	}
	if err := h.service.Run(t.Context(), d.ID); !fault.Is(err, fault.Missing) {
		t.Errorf("a forgotten deployment ran: %v", err)
	}
}
