package wire

import (
	"fmt"

	"google.golang.org/protobuf/proto"
)

// Frame is one message as its bytes.
type Frame struct {
	Data []byte
}

// Codec hands messages over as Frames. It stands under the name of protobuf's
// codec, so that errors, which are protobuf messages, come by as well.
type Codec struct{}

// Name implements connect's Codec.
func (Codec) Name() string { return "proto" }

// Marshal implements connect's Codec.
func (Codec) Marshal(message any) ([]byte, error) {
	switch m := message.(type) {
	case *Frame:
		return m.Data, nil
	case proto.Message:
		return proto.Marshal(m)
	}
	return nil, fmt.Errorf("no message: %T", message)
}

// Unmarshal implements connect's Codec. The bytes are copied: theirs are used
// again.
func (Codec) Unmarshal(data []byte, message any) error {
	switch m := message.(type) {
	case *Frame:
		m.Data = append([]byte(nil), data...)
		return nil
	case proto.Message:
		return proto.Unmarshal(data, m)
	}
	return fmt.Errorf("no message: %T", message)
}
