package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	pb "gongkai/proto/disclosure/v1"
)

// nesting is how deep a body may go; the deepest message of the interface has six levels.
const nesting = 50

// codec reads and writes JSON: fields as the protos name them, empty ones too, as the CLI
// prints them.
type codec struct {
	runtime.JSONPb
	reads bool // a body of another type is refused
}

func newCodec(reads bool) *codec {
	return &codec{runtime.JSONPb{
		MarshalOptions:   protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true},
		UnmarshalOptions: protojson.UnmarshalOptions{RecursionLimit: nesting},
	}, reads}
}

// Marshal is runtime.Marshaler's. protojson varies its white space on purpose; the same
// answer should be the same bytes.
func (c *codec) Marshal(v any) ([]byte, error) {
	text, err := c.JSONPb.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.Grow(len(text))
	if err := json.Compact(&out, text); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// StreamContentType is that of lines of JSON.
func (c *codec) StreamContentType(any) string { return "application/x-ndjson" }

// NewDecoder is runtime.Marshaler's.
func (c *codec) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		text, err := io.ReadAll(r)
		if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return tooLarge(large.Limit)
		}
		if err != nil {
			return malformed("请求没有完整到达", "the request did not arrive whole")
		}
		if len(text) == 0 {
			return io.EOF // an empty message
		}
		if !c.reads {
			return &fault{
				Code: codes.InvalidArgument, Status: http.StatusUnsupportedMediaType, Reason: pb.Reason_MESSAGE_MALFORMED,
				ZH: "请以Content-Type: application/json发送", EN: "send it as Content-Type: application/json",
			}
		}
		m, ok := v.(proto.Message)
		if !ok {
			return malformed("请求无法读取", "the request cannot be read")
		}
		return c.read(text, m)
	})
}

// read reads a body and, if that fails, says where.
func (c *codec) read(text []byte, m proto.Message) error {
	if c.UnmarshalOptions.Unmarshal(text, m) == nil {
		return nil
	}
	if !utf8.Valid(text) {
		return malformed("请求不是UTF-8文本", "the request is no text in UTF-8")
	}
	var syntax *json.SyntaxError
	if err := json.Unmarshal(text, new(json.RawMessage)); errors.As(err, &syntax) {
		return malformed("不是合法的JSON：第%d个字节处", "it is no JSON: at byte %d", syntax.Offset)
	}
	return c.locate(text, m.ProtoReflect().Type(), "")
}
