package infer

import (
	"errors"
	"maps"
	"net/http"

	"connectrpc.com/connect"

	"dasier/api/infer/wire"
	"dasier/fault"
)

// grpcInfer answers a ModelInfer.
func (h *Handler) grpcInfer(r *http.Request, message []byte) ([]byte, error) {
	asked, err := wire.ReadInferRequest(message)
	if err != nil {
		return nil, err
	}
	c := h.borrow()
	defer h.giveBack(c)
	c.begin(h.cfg.MaxTime)
	if out, passed, err := h.grpcPassInfer(r, asked, message, c); passed {
		return out, err
	}
	f, client, err := h.findFor(predicting, http.Header{}, r, asked.Model, asked.Version)
	met := f.metersOrNil()
	met.enter(c)
	defer met.leave(c)
	var out []byte
	rows := 0
	if err == nil {
		c.own = f.gate
		err = h.enter(r.Context(), c, len(message))
	}
	if err == nil {
		defer c.leave()
		out, rows, err = h.grpcAnswer(r, asked, f, c)
	}
	status := http.StatusOK
	if err != nil {
		status = statusOf(err)
	}
	h.charge(client, rows)
	h.meters.observe(met, openGRPC, status, rows, c)
	return out, err
}

func (h *Handler) grpcAnswer(r *http.Request, asked *wire.InferRequest, f *endpointFace, c *call) ([]byte, int, error) {
	tensors, err := asked.Tensors()
	if err != nil {
		return nil, 0, err
	}
	if len(tensors) == 0 {
		return nil, 0, fault.Errorf(fault.Invalid, "inputs: expected tensors, one per input of the model").At("inputs")
	}
	q := &inferRequest{id: asked.ID, tensors: tensors, parameters: asked.Parameters, anyOutput: len(asked.Outputs) == 0}
	for _, output := range asked.Outputs {
		q.outputs = append(q.outputs, wantedOutput{name: output.Name})
	}
	answers, err := h.answerInfer(r, q, f, c)
	if err != nil {
		return nil, 0, err
	}
	response := wire.InferResponse{
		Model: f.endpoint.Name, Version: f.meters.version, ID: asked.ID, Parameters: q.told(),
		Outputs: f.tensors(q, answers), Raw: len(asked.Raw) > 0,
	}
	out := response.Append(nil)
	c.lap(writing)
	return out, q.rows, nil
}

// grpcStreamInfer answers one message of a ModelStreamInfer: an error is of the
// message and ends no stream.
func (h *Handler) grpcStreamInfer(r *http.Request, message []byte) ([]byte, error) {
	out, err := h.grpcInfer(r, message)
	if err == nil {
		return wire.StreamAnswer("", out), nil
	}
	return wire.StreamAnswer(h.grpcError(r, err).Message(), nil), nil
}

// grpcPassInfer passes a request for predictions on, and counts it.
func (h *Handler) grpcPassInfer(r *http.Request, asked *wire.InferRequest, message []byte, c *call) (out []byte, passed bool, err error) {
	if h.cfg.Remote == nil {
		return nil, false, nil
	}
	remote, ok := h.cfg.Remote(asked.Model)
	if !ok {
		return nil, false, nil
	}
	defer remote.release()
	var met *endpointMeters
	status := http.StatusOK
	client, err := h.admit(predicting, http.Header{}, r, asked.Model, &remote.Meta)
	if err == nil || isLimit(err) {
		met = h.meters.of(asked.Model, remote.Version)
		met.enter(c)
		defer met.leave(c)
	}
	if err == nil {
		err = h.enterRemote(r.Context(), c, asked.Model)
	}
	if err == nil {
		out, err = h.grpcExchange(r, &remote, "ModelInfer", message)
		c.leave()
	}
	if err != nil {
		status = grpcStatus(err)
	}
	c.lap(computing)
	rows := 0
	if len(asked.Inputs) > 0 && len(asked.Inputs[0].Shape) > 0 && err == nil {
		rows = asked.Inputs[0].Shape[0]
	}
	h.charge(client, rows)
	h.meters.observe(met, openGRPC, status, rows, c)
	return out, true, err
}

// grpcStatus is the status of HTTP that stands for an error of gRPC.
func grpcStatus(err error) int {
	if _, said := errors.AsType[*connect.Error](err); !said {
		return statusOf(err)
	}
	code := grpcCode(err)
	for status := range maps.Keys(grpcCodes) {
		switch status {
		case http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusRequestTimeout: // others stand for their codes
		default:
			if grpcCodes[status] == code {
				return status
			}
		}
	}
	return http.StatusInternalServerError
}

// grpcPass passes a question about a remote endpoint on; passed is false when
// the endpoint is none.
func (h *Handler) grpcPass(r *http.Request, method, name string, message []byte) (out []byte, passed bool, err error) {
	if h.cfg.Remote == nil {
		return nil, false, nil
	}
	remote, ok := h.cfg.Remote(name)
	if !ok {
		return nil, false, nil
	}
	defer remote.release()
	if _, err := h.admit(knowing, http.Header{}, r, name, &remote.Meta); err != nil {
		return nil, true, err
	}
	out, err = h.grpcExchange(r, &remote, method, message)
	return out, true, err
}

func (h *Handler) grpcExchange(r *http.Request, remote *Remote, method string, message []byte) ([]byte, error) {
	if remote.Problem != nil {
		return nil, remote.Problem
	}
	client := connect.NewClient[wire.Frame, wire.Frame](h.streamed, "http://"+remote.Address+"/"+wire.Service+"/"+method,
		connect.WithGRPC(), connect.WithCodec(wire.Codec{}), connect.WithReadMaxBytes(64<<20))
	request := connect.NewRequest(&wire.Frame{Data: message})
	request.Header().Set("Authorization", "Bearer "+remote.Token)
	answer, err := client.CallUnary(r.Context(), request)
	if err == nil {
		return answer.Msg.Data, nil
	}
	code := connect.CodeOf(err)
	if connect.IsWireError(err) && code != connect.CodeUnauthenticated && code != connect.CodeUnimplemented {
		said, _ := errors.AsType[*connect.Error](err) // a wire error is one
		passed := connect.NewError(code, errors.New(said.Message()))
		if seconds := said.Meta().Get("Retry-After"); seconds != "" {
			passed.Meta().Set("Retry-After", seconds)
		}
		return nil, passed
	}
	if code == connect.CodeDeadlineExceeded || code == connect.CodeCanceled {
		return nil, connect.NewError(code, errors.New("the request was given up"))
	}
	h.cfg.Log.WarnContext(r.Context(), "the process of an endpoint does not answer", "address", remote.Address, "error", err)
	return nil, fault.Errorf(fault.Unavailable, "the model of this endpoint does not answer at the moment: its process is starting again, or has failed")
}
