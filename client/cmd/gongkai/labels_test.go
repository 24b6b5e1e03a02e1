package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	pb "gongkai/proto/disclosure/v1"
)

// protoFiles reads the proto files, whose comments say what descriptors do not.
func protoFiles(t *testing.T) string {
	t.Helper()
	paths, err := filepath.Glob("../../../proto/disclosure/v1/*.proto")
	if err != nil || len(paths) == 0 {
		t.Fatal("no proto files", err)
	}
	var all strings.Builder
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

var (
	messageBlock  = regexp.MustCompile(`(?sm)^message (\w+) \{$(.*?)^\}$`)
	requiredField = regexp.MustCompile(`  // Required\.[^\n]*\n(?:  //[^\n]*\n)*  (?:repeated )?[\w.]+ (\w+) =`)
	actionComment = regexp.MustCompile(`    // ([^\n]*?)\.\n    \w+ (\w+) = \d+;`)
)

// TestRequiredFields compares the table with the comments.
func TestRequiredFields(t *testing.T) {
	t.Parallel()
	seen := map[protoreflect.Name]bool{}
	actions := map[string]bool{"Conclude": true}
	each(&pb.Action{}, func(name protoreflect.Name) {
		actions[string((&pb.Action{}).ProtoReflect().Descriptor().Fields().ByName(name).Message().Name())] = true
	})
	for _, m := range messageBlock.FindAllStringSubmatch(protoFiles(t), -1) {
		name := protoreflect.Name(m[1])
		_, listed := requiredFields[name]
		if !listed && !actions[m[1]] {
			continue
		}
		var want []string
		for _, f := range requiredField.FindAllStringSubmatch(m[2], -1) {
			want = append(want, f[1])
		}
		if diff := cmp.Diff(want, strings.Fields(requiredFields[name])); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		seen[name] = true
	}
	for name := range requiredFields {
		if !seen[name] {
			t.Errorf("no message %s", name)
		}
	}
}

// TestActionLabels compares the Chinese names with the comments of the oneof.
func TestActionLabels(t *testing.T) {
	t.Parallel()
	n := 0
	for _, m := range messageBlock.FindAllStringSubmatch(protoFiles(t), -1) {
		if m[1] != "Action" {
			continue
		}
		for _, f := range actionComment.FindAllStringSubmatch(m[2], -1) {
			n++
			if got := actionLabels[protoreflect.Name(f[2])].zh; got != f[1] {
				t.Errorf("%s is %q, want %q", f[2], got, f[1])
			}
		}
	}
	if want := (&pb.Action{}).ProtoReflect().Descriptor().Fields().Len(); n != want {
		t.Errorf("%d comments for %d actions", n, want)
	}
}

// TestLabels checks that every value and every field that may be shown or given has a
// name in both languages, and that no table names what does not exist.
func TestLabels(t *testing.T) {
	t.Parallel()
	values := map[string]bool{"PER_REQUEST": true, "PER_PAGE": true}
	names := map[protoreflect.Name]bool{}
	visit := func(m protoreflect.MessageDescriptor) {
		for i := range m.Fields().Len() {
			names[m.Name()+"."+m.Fields().Get(i).Name()] = true
		}
		for i := range m.Enums().Len() {
			all := m.Enums().Get(i).Values()
			for j := range all.Len() {
				if all.Get(j).Number() != 0 {
					values[string(all.Get(j).Name())] = true
				}
			}
		}
	}
	protoregistry.GlobalFiles.RangeFilesByPackage("disclosure.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Messages().Len() {
			visit(file.Messages().Get(i))
		}
		return true
	})
	for name := range values {
		if valueLabels[name].zh == "" || valueLabels[name].en == "" {
			t.Errorf("value %s has no label", name)
		}
	}
	for name := range valueLabels {
		if !values[name] {
			t.Errorf("label of no value: %s", name)
		}
	}
	for name := range fieldChoices {
		if !names[name] {
			t.Errorf("choices of no field: %s", name)
		}
	}
	shown := []proto.Message{
		&pb.Application{}, &pb.Event{}, &pb.Remedy{}, &pb.Agency{}, &pb.Principal{}, &pb.Day{}, &pb.Notice{}, &pb.Finding{}, &pb.PossibleAction{}, &pb.Figure{}, &pb.AddWorkdaysResponse{},
		&pb.Setting{}, &pb.TakeNumberResponse{}, &pb.FrozenReport{}, &pb.QueueEntry{}, &pb.Workload{}, &pb.LateApplication{}, &pb.Feed{}, &pb.Clerk{}, &pb.AuditRecord{}, &pb.MovedDeadline{}, &pb.ChangedDay{}, &pb.Check{}, &pb.RollupUnit{},
	}
	for _, m := range shown {
		checkFieldLabels(t, m.ProtoReflect().Descriptor(), map[protoreflect.FullName]bool{})
	}
}

// checkFieldLabels looks at a message and the messages in it.
func checkFieldLabels(t *testing.T, m protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) {
	t.Helper()
	if seen[m.FullName()] || m.FullName() == "google.protobuf.Timestamp" {
		return
	}
	seen[m.FullName()] = true
	for i := range m.Fields().Len() {
		field := m.Fields().Get(i)
		_, isAction := actionLabels[field.Name()]
		if got := fieldLabels[string(field.Name())]; !isAction && (got.zh == "" || got.en == "") {
			t.Errorf("field %s has no label", field.FullName())
		}
		if field.Kind() == protoreflect.MessageKind {
			checkFieldLabels(t, field.Message(), seen)
		}
	}
}
