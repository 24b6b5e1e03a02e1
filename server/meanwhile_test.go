package server_test

import (
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// What was changed since it was read is not replaced unseen, and nothing of the request is
// done; the same request again returns the first result all the same.
func TestChangedMeanwhile(t *testing.T) {
	o := newOverseer(t)
	const parent = "agencies/own"
	settings := pb.NewSettingServiceClient(o.conn(t, workflow.Administrator, "own"))

	seen, err := o.checks.GetNarrative(t.Context(), &pb.GetNarrativeRequest{Parent: parent, Year: 2026})
	if err != nil {
		t.Fatal(err)
	}
	write := &pb.SetNarrativeRequest{Parent: parent, Year: 2026, Chapters: map[int32]string{1: "甲"}, Etag: seen.GetEtag(), RequestId: uuid.NewString()}
	first, err := o.checks.SetNarrative(t.Context(), write)
	if err != nil {
		t.Fatal(err)
	}
	again, err := o.checks.SetNarrative(t.Context(), write)
	if err != nil || again.GetEtag() != first.GetEtag() || first.GetEtag() == seen.GetEtag() || first.GetEtag() == "" {
		t.Errorf("the etags are %q, %q and again %q (%v)", seen.GetEtag(), first.GetEtag(), again.GetEtag(), err)
	}
	_, err = o.checks.SetNarrative(t.Context(), &pb.SetNarrativeRequest{Parent: parent, Year: 2026, Chapters: map[int32]string{5: "乙"}, Etag: seen.GetEtag()})
	wantRefusal(t, err, codes.Aborted, pb.Reason_STALE_ETAG)
	if now, err := o.checks.GetNarrative(t.Context(), &pb.GetNarrativeRequest{Parent: parent, Year: 2026}); err != nil || now.GetEtag() != first.GetEtag() || now.GetChapters()[5] != "" {
		t.Errorf("kept is %v (%v)", now, err)
	}

	list, err := settings.ListSettings(t.Context(), &pb.ListSettingsRequest{Parent: parent, Key: "lights.yellow"})
	if err != nil {
		t.Fatal(err)
	}
	old := map[string]string{"lights.yellow": list.GetSettings()[0].GetEtag()}
	change := &pb.UpdateSettingsRequest{Parent: parent, Values: map[string]string{"lights.yellow": "9"}, Etags: old, RequestId: uuid.NewString()}
	for range 2 {
		if _, err := settings.UpdateSettings(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	_, err = settings.UpdateSettings(t.Context(), &pb.UpdateSettingsRequest{Parent: parent, Values: map[string]string{"lights.red": "2", "lights.yellow": "8"}, Etags: old})
	wantRefusal(t, err, codes.Aborted, pb.Reason_STALE_ETAG)
	if red := list1(t, settings, "lights.red"); red != "3" {
		t.Errorf("red is %s though the request was refused", red)
	}
	if _, err := settings.UpdateSettings(t.Context(), &pb.UpdateSettingsRequest{Parent: parent, Values: map[string]string{"lights.red": "2"}, Etags: old}); err != nil {
		t.Errorf("changing another setting: %v", err)
	}

	nothing, one := "", "1.0"
	enter := func(value string, previous *string) error {
		_, err := o.figures.SetFigures(t.Context(), &pb.SetFiguresRequest{Parent: parent, Figures: []*pb.Figure{
			{Year: 2026, Code: "t2.6.penalties", Value: "7"}, {Year: 2026, Code: "t2.5.licences", Value: value, PreviousValue: previous},
		}})
		return err
	}
	if err := enter("1", &nothing); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, enter("2", &nothing), codes.Aborted, pb.Reason_STALE_ETAG)
	for _, previous := range []*string{&one, nil} {
		if err := enter("2", previous); err != nil {
			t.Error(err)
		}
	}
	wantRefusal(t, enter("3", &one), codes.Aborted, pb.Reason_STALE_ETAG)
}

func list1(t *testing.T, settings pb.SettingServiceClient, key string) string {
	t.Helper()
	list, err := settings.ListSettings(t.Context(), &pb.ListSettingsRequest{Parent: "agencies/own", Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return list.GetSettings()[0].GetValue()
}
