package server

import (
	"errors"
	"fmt"

	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // registers the codec that is wrapped here
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	pb "gongkai/proto/disclosure/v1"
)

// maxMessage is the largest message that is read; a larger one is answered, up to
// maxReceived, which is what the transport takes at all.
const (
	maxMessage  = 4 << 20
	maxReceived = 8 << 20
)

// markField is the number of an unknown field in which the codec leaves word that a
// message could not be read. grpc answers INTERNAL, in English and before any
// interceptor, when a codec fails; so this one never does.
const markField protowire.Number = 536870911

// codec reads messages as the ordinary one does, and marks those that cannot be read.
type codec struct{ encoding.CodecV2 }

func newCodec() (codec, error) {
	c := encoding.GetCodecV2("proto")
	if c == nil {
		return codec{}, errors.New("finding the proto codec: not registered")
	}
	return codec{c}, nil
}

// Unmarshal reads a message or marks it.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	m, ok := v.(proto.Message)
	if !ok {
		return fmt.Errorf("reading a %T: not a protobuf message", v)
	}
	if data.Len() > maxMessage {
		mark(m, pb.Reason_MESSAGE_TOO_LARGE)
		return nil
	}
	if err := c.CodecV2.Unmarshal(data, v); err != nil {
		proto.Reset(m)
		mark(m, pb.Reason_MESSAGE_MALFORMED)
	}
	return nil
}

func mark(m proto.Message, reason pb.Reason) {
	raw := protowire.AppendTag(nil, markField, protowire.VarintType)
	m.ProtoReflect().SetUnknown(protowire.AppendVarint(raw, uint64(reason)))
}

// unreadable says whether, and why, a message could not be read.
func unreadable(v any) error {
	m, ok := v.(proto.Message)
	if !ok {
		return nil
	}
	raw := m.ProtoReflect().GetUnknown()
	for len(raw) > 0 {
		number, kind, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return nil
		}
		if number == markField && kind == protowire.VarintType {
			reason, n := protowire.ConsumeVarint(raw[n:])
			if n < 0 {
				return nil
			}
			if pb.Reason(reason) == pb.Reason_MESSAGE_TOO_LARGE {
				return failf(pb.Reason_MESSAGE_TOO_LARGE, "请求超过%d MiB；请缩短内容或者分批发送", "the message is over %d MiB; shorten it or send it in parts", maxMessage>>20)
			}
			return failf(pb.Reason_MESSAGE_MALFORMED, "请求无法解析：文本须为UTF-8编码", "the message cannot be read: text must be UTF-8")
		}
		m := protowire.ConsumeFieldValue(number, kind, raw[n:])
		if m < 0 {
			return nil
		}
		raw = raw[n+m:]
	}
	return nil
}
