package infer_test

import (
	"sync/atomic"
	"testing"

	"connectrpc.com/connect"

	"dasier/api/infer"
	"dasier/api/infer/wire"
)

// TestHealthIsWatched: the state comes at once and when it changes, and the
// stream ends when the server stops.
func TestHealthIsWatched(t *testing.T) {
	var ready atomic.Bool
	d := dial(t, open(t, infer.Config{Ready: ready.Load}))
	client := connect.NewClient[wire.Frame, wire.Frame](d.client, d.url+"/grpc.health.v1.Health/Watch", connect.WithGRPC(), connect.WithCodec(wire.Codec{}))
	watch := func(service string) *connect.ServerStreamForClient[wire.Frame] {
		stream, err := client.CallServerStream(t.Context(), connect.NewRequest(&wire.Frame{Data: append([]byte{0x0a, byte(len(service))}, service...)}))
		if err != nil {
			t.Fatal(err)
		}
		return stream
	}
	next := func(stream *connect.ServerStreamForClient[wire.Frame], want wire.Serving) {
		t.Helper()
		if !stream.Receive() {
			t.Fatalf("no state comes: %v", stream.Err())
		}
		if got := string(stream.Msg().Data); got != string(wire.HealthState(want)) {
			t.Errorf("the state is %q, want %d", got, want)
		}
	}
	stream := watch(wire.Service)
	next(stream, wire.NotServing)
	ready.Store(true)
	next(stream, wire.IsServing)
	ready.Store(false)
	next(stream, wire.NotServing)
	if stream.Receive() || stream.Err() != nil {
		t.Errorf("the stream of a server that stops goes on: %v", stream.Err())
	}
	ready.Store(true)
	unknown := watch("lamp")
	next(unknown, wire.ServiceUnknown)
	next(watch(""), wire.IsServing) // by now the other has seen it, too
	ready.Store(false)
	if unknown.Receive() || unknown.Err() != nil {
		t.Errorf("the stream of an unknown service keeps a server that stops waiting: %v", unknown.Err())
	}
}
