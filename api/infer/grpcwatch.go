package infer

import (
	"context"
	"net/http"
	"time"

	"connectrpc.com/connect"
	"github.com/go-chi/chi/v5"

	"dasier/api/infer/wire"
)

// watched is how often Watch looks: who balances load by it may learn so much
// later that the server stops.
const watched = 250 * time.Millisecond

// grpcWatch mounts gRPC's health checking as a stream: the state at once, and
// then whenever it changes. A service that is not there is told as such, as the
// protocol has it (grpc/health/v1/health.proto), and may come.
func (h *Handler) grpcWatch(r chi.Router, procedure string) {
	handler := connect.NewServerStreamHandler(procedure, func(ctx context.Context, message *connect.Request[wire.Frame], stream *connect.ServerStream[wire.Frame]) error {
		asked, err := wire.ReadNamed(message.Msg.Data)
		if err != nil {
			return h.grpcError(requestOf(ctx), err)
		}
		return h.watch(ctx, asked.Name, func(state wire.Serving) error { return stream.Send(&wire.Frame{Data: wire.HealthState(state)}) })
	}, h.grpcOptions()...)
	r.Method(http.MethodPost, procedure, h.measured(carried(handler), true))
}

// watch tells states until ctx ends, or the server stops: then the stream has
// said so, and need not keep the server waiting.
func (h *Handler) watch(ctx context.Context, service string, tell func(wire.Serving) error) error {
	ticker := time.NewTicker(watched)
	defer ticker.Stop()
	last, ready := wire.Serving(-1), false
	for {
		was := ready
		ready = h.cfg.Ready()
		now := wire.ServiceUnknown
		if service == "" || service == wire.Service {
			now = wire.NotServing
			if ready {
				now = wire.IsServing
			}
		}
		if now != last {
			if err := tell(now); err != nil {
				return err
			}
			last = now
		}
		if was && !ready {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
