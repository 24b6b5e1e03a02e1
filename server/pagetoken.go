package server

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "gongkai/proto/disclosure/v1"
)

// maxPageSize is the most entries of a page, defaultPageSize those of one not asked for.
const (
	maxPageSize     = 1000
	defaultPageSize = 50
)

// pageSize reads the size of a page.
func pageSize(n int32) (int, error) {
	switch {
	case n < 0:
		return 0, invalid("page_size", "page_size不能为负数（收到%d）", "page_size must not be negative, got %d", n)
	case n == 0:
		return defaultPageSize, nil
	}
	return min(int(n), maxPageSize), nil
}

// pageToken is the key of the last entry of a page and a checksum of all other fields of
// the request, so that a token serves the list that it came from only.
type pageToken[K any] struct {
	Sum string `json:"s"`
	Key K      `json:"k"`
}

// listSum is the checksum of a list request without the fields that may change.
func listSum(req proto.Message) string {
	m := proto.Clone(req)
	for _, name := range []protoreflect.Name{"page_token", "page_size"} {
		if f := m.ProtoReflect().Descriptor().Fields().ByName(name); f != nil {
			m.ProtoReflect().Clear(f)
		}
	}
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(append([]byte(m.ProtoReflect().Descriptor().FullName()), raw...))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// nextToken makes the token of the next page.
func nextToken[K any](req proto.Message, key K) string {
	raw, err := json.Marshal(pageToken[K]{Sum: listSum(req), Key: key})
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// readToken reads a token; the zero key if there is none.
func readToken[K any](req proto.Message, token string) (key K, err error) {
	if token == "" {
		return key, nil
	}
	bad := failf(pb.Reason_INVALID_PAGE_TOKEN, "page_token无效：翻页时其他参数必须与前一页相同", "page_token is not of this list: all other fields must stay as on the page before")
	bad.field = "page_token"
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return key, bad
	}
	var t pageToken[K]
	if err := json.Unmarshal(raw, &t); err != nil || t.Sum != listSum(req) {
		return key, bad
	}
	return t.Key, nil
}
