package infer

import (
	"context"
	"errors"
	"io"
	"net/http"

	"connectrpc.com/connect"
	"github.com/go-chi/chi/v5"

	"dasier/api/infer/wire"
	"dasier/fault"
)

// grpcRoutes mounts the Open Inference protocol's gRPC service, health checking
// and reflection. They are answered at the same port as everything else: HTTP/2
// without TLS where the server allows it.
func (h *Handler) grpcRoutes(r chi.Router) {
	for method, answer := range map[string]unary{
		"ServerLive":            h.grpcLive,
		"ServerReady":           h.grpcReady,
		"ServerMetadata":        h.grpcServerMetadata,
		"ModelReady":            h.grpcModelReady,
		"ModelMetadata":         h.grpcModelMetadata,
		"ModelInfer":            h.grpcInfer,
		"ModelStatistics":       h.grpcStatistics,
		"RepositoryIndex":       h.grpcIndex,
		"RepositoryModelLoad":   h.grpcLoad,
		"RepositoryModelUnload": h.grpcUnload,
	} {
		h.grpcUnary(r, "/"+wire.Service+"/"+method, answer)
	}
	h.grpcUnary(r, "/grpc.health.v1.Health/Check", h.grpcHealth)
	h.grpcWatch(r, "/grpc.health.v1.Health/Watch")
	h.grpcStream(r, "/"+wire.Service+"/ModelStreamInfer", h.grpcStreamInfer)
	for _, version := range []string{"v1", "v1alpha"} {
		h.grpcStream(r, "/grpc.reflection."+version+".ServerReflection/ServerReflectionInfo", grpcReflect)
	}
}

// unary answers one message with another. The request is HTTP's: its context
// ends when the client's patience does.
type unary func(r *http.Request, message []byte) ([]byte, error)

func (h *Handler) grpcOptions() []connect.HandlerOption {
	return []connect.HandlerOption{connect.WithCodec(wire.Codec{}), connect.WithReadMaxBytes(int(h.cfg.MaxBody))}
}

func (h *Handler) grpcUnary(r chi.Router, procedure string, answer unary) {
	handler := connect.NewUnaryHandler(procedure, func(ctx context.Context, message *connect.Request[wire.Frame]) (*connect.Response[wire.Frame], error) {
		out, err := answer(requestOf(ctx), message.Msg.Data)
		if err != nil {
			return nil, h.grpcError(requestOf(ctx), err)
		}
		return connect.NewResponse(&wire.Frame{Data: out}), nil
	}, h.grpcOptions()...)
	r.Method(http.MethodPost, procedure, h.measured(carried(handler), false))
}

// grpcStream answers every message of a stream with one.
func (h *Handler) grpcStream(r chi.Router, procedure string, answer unary) {
	handler := connect.NewBidiStreamHandler(procedure, func(ctx context.Context, stream *connect.BidiStream[wire.Frame, wire.Frame]) error {
		for {
			message, err := stream.Receive()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			out, err := answer(requestOf(ctx), message.Data)
			if err != nil {
				return h.grpcError(requestOf(ctx), err)
			}
			if err := stream.Send(&wire.Frame{Data: out}); err != nil {
				return err
			}
		}
	}, h.grpcOptions()...)
	r.Method(http.MethodPost, procedure, h.measured(carried(handler), true))
}

type carriedKey struct{}

// carried hands the request of HTTP over: who may ask is decided by it.
func carried(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), carriedKey{}, r)))
	})
}

func requestOf(ctx context.Context) *http.Request {
	r, _ := ctx.Value(carriedKey{}).(*http.Request) // carried has put it there
	return r.WithContext(ctx)
}

// grpcCodes are gRPC's codes for statuses of HTTP.
var grpcCodes = map[int]connect.Code{
	http.StatusBadRequest:            connect.CodeInvalidArgument,
	http.StatusUnprocessableEntity:   connect.CodeInvalidArgument,
	http.StatusUnauthorized:          connect.CodeUnauthenticated,
	http.StatusForbidden:             connect.CodePermissionDenied,
	http.StatusNotFound:              connect.CodeNotFound,
	http.StatusConflict:              connect.CodeFailedPrecondition,
	http.StatusRequestEntityTooLarge: connect.CodeResourceExhausted,
	http.StatusTooManyRequests:       connect.CodeResourceExhausted,
	http.StatusServiceUnavailable:    connect.CodeUnavailable,
	http.StatusRequestTimeout:        connect.CodeDeadlineExceeded,
	http.StatusGatewayTimeout:        connect.CodeDeadlineExceeded,
}

// grpcError turns an error into gRPC's form, with the trailer retry-after where
// it helps to come again. What another process has said is
// in it already.
func (h *Handler) grpcError(r *http.Request, err error) *connect.Error {
	if said, ok := errors.AsType[*connect.Error](err); ok {
		return said
	}
	h.log(r, err)
	answer := connect.NewError(grpcCode(err), errors.New(fault.Message(err)))
	if seconds, ok := retryAfter(err); ok {
		answer.Meta().Set("Retry-After", seconds)
	}
	return answer
}

func grpcCode(err error) connect.Code {
	if said, ok := errors.AsType[*connect.Error](err); ok {
		return said.Code()
	}
	if code, ok := grpcCodes[statusOf(err)]; ok {
		return code
	}
	return connect.CodeInternal
}

func grpcReflect(_ *http.Request, message []byte) ([]byte, error) { return wire.Reflect(message) }

func (h *Handler) grpcLive(*http.Request, []byte) ([]byte, error) { return wire.Flag(true), nil }

func (h *Handler) grpcReady(*http.Request, []byte) ([]byte, error) {
	return wire.Flag(h.cfg.Ready()), nil
}

func (h *Handler) grpcServerMetadata(*http.Request, []byte) ([]byte, error) {
	return wire.ServerMetadata("dasier", h.cfg.Version, extensions), nil
}

// grpcHealth is gRPC's own health checking, of the server and of the service.
func (h *Handler) grpcHealth(_ *http.Request, message []byte) ([]byte, error) {
	asked, err := wire.ReadNamed(message)
	switch {
	case err != nil:
		return nil, err
	case asked.Name != "" && asked.Name != wire.Service:
		return nil, fault.Errorf(fault.Missing, "no service %q", clip(asked.Name))
	}
	return wire.Health(h.cfg.Ready()), nil
}

// grpcFind finds the endpoint that a message names.
func (h *Handler) grpcFind(r *http.Request, asked wire.Named) (*endpointFace, error) {
	f, _, err := h.findFor(knowing, http.Header{}, r, asked.Name, asked.Version)
	return f, err
}

func (h *Handler) grpcModelReady(r *http.Request, message []byte) ([]byte, error) {
	asked, err := wire.ReadNamed(message)
	if err != nil {
		return nil, err
	}
	if out, passed, err := h.grpcPass(r, "ModelReady", asked.Name, message); passed {
		return out, err
	}
	if _, err := h.grpcFind(r, asked); err != nil {
		return nil, err
	}
	return wire.Flag(true), nil
}

func (h *Handler) grpcModelMetadata(r *http.Request, message []byte) ([]byte, error) {
	asked, err := wire.ReadNamed(message)
	if err != nil {
		return nil, err
	}
	if out, passed, err := h.grpcPass(r, "ModelMetadata", asked.Name, message); passed {
		return out, err
	}
	f, err := h.grpcFind(r, asked)
	if err != nil {
		return nil, err
	}
	meta := f.metadata()
	return wire.ModelMetadata(meta.Name, meta.Versions, meta.Platform, wireTensors(meta.Inputs), wireTensors(meta.Outputs)), nil
}

func wireTensors(list []tensorMetadata) []wire.TensorMetadata {
	tensors := make([]wire.TensorMetadata, len(list))
	for i, t := range list {
		tensors[i] = wire.TensorMetadata(t)
	}
	return tensors
}

func (h *Handler) grpcStatistics(r *http.Request, message []byte) ([]byte, error) {
	asked, err := wire.ReadNamed(message)
	if err != nil {
		return nil, err
	}
	list, err := h.statisticsOf(http.Header{}, r, asked.Name, asked.Version)
	if err != nil {
		return nil, err
	}
	return wire.ModelStatistics(list), nil
}

func (h *Handler) grpcIndex(r *http.Request, message []byte) ([]byte, error) {
	onlyReady, err := wire.ReadIndexRequest(message)
	if err != nil {
		return nil, err
	}
	list, err := h.index(r, onlyReady)
	if err != nil {
		return nil, err
	}
	entries := make([]wire.IndexEntry, len(list))
	for i, entry := range list {
		entries[i] = wire.IndexEntry(entry)
	}
	return wire.Index(entries), nil
}

func (h *Handler) grpcLoad(r *http.Request, message []byte) ([]byte, error) {
	name, err := wire.ReadModelName(message)
	if err != nil {
		return nil, err
	}
	return nil, h.known(http.Header{}, r, name)
}

func (h *Handler) grpcUnload(r *http.Request, message []byte) ([]byte, error) {
	name, err := wire.ReadModelName(message)
	if err == nil {
		err = h.known(http.Header{}, r, name)
	}
	if err != nil {
		return nil, err
	}
	return nil, connect.NewError(connect.CodeFailedPrecondition, errors.New(fault.Message(notUnloaded(name))))
}
