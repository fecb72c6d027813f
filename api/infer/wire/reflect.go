package wire

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Reflect answers a message of gRPC's server reflection, so that tools like
// grpcurl know the service without its .proto file.
func Reflect(request []byte) ([]byte, error) {
	var kind protowire.Number
	var about string
	err := eachField(request, func(f *field) error {
		switch f.number {
		case 3, 4, 7: // file_by_filename, file_containing_symbol, list_services
			kind, about = f.number, string(f.bytes)
		case 5, 6: // extensions, of which there are none
			kind = f.number
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	answer := appendMessage(nil, 2, request) // original_request
	switch {
	case kind == 7:
		service := appendMessage(nil, 1, appendText(nil, 1, Service))
		return appendMessage(answer, 6, service), nil
	case kind == 3 && about == "grpc_service.proto", kind == 4 && (about == Service || strings.HasPrefix(about, "inference.")):
		text, err := proto.Marshal(Descriptor())
		if err != nil {
			return nil, fmt.Errorf("writing the schema: %w", err)
		}
		return appendMessage(answer, 4, appendMessage(nil, 1, text)), nil
	}
	const notFound = 5
	return appendMessage(answer, 7, appendText(appendUint(nil, 1, notFound), 2, "there is no such thing here")), nil
}
