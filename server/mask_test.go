package server_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	pb "gongkai/proto/disclosure/v1"
)

// Lists and searches show the middle of no identity number and of no phone, in whatever
// form they were asked for; one application shows them unless it is asked not to.
func TestListsAreMasked(t *testing.T) {
	o := newOffice(t, today)
	in := handedOver("2026-06-01")
	in.Applicant.IdNumber, in.Applicant.Phone = "11010519491231002X", "13800001234"
	a := o.register(t, in)
	want := proto.CloneOf(a.GetApplicant())
	want.IdNumber, want.Phone = "110105••••••••002X", "138••••1234"
	get := func(mask bool) *pb.Applicant {
		t.Helper()
		got, err := o.officer.GetApplication(t.Context(), &pb.GetApplicationRequest{Name: a.GetName(), MaskApplicant: mask})
		if err != nil {
			t.Fatal(err)
		}
		return got.GetApplicant()
	}
	list, err := o.officer.ListApplications(t.Context(), &pb.ListApplicationsRequest{Parent: "agencies/own"})
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]*pb.Applicant{"a list": list.GetApplications()[0].GetApplicant(), "one, masked": get(true)}
	for name, req := range map[string]*pb.SearchApplicationsRequest{
		"a search": {Words: "经费决算"}, "by its number": {IdNumber: "11010519491231002X"}, "by its phone": {Phone: "13800001234"},
	} {
		req.Parent = "agencies/own"
		found, err := o.officer.SearchApplications(t.Context(), req)
		if err != nil || len(found.GetApplications()) != 1 {
			t.Fatalf("%s found %v (%v)", name, found, err)
		}
		shown[name] = found.GetApplications()[0].GetApplicant()
	}
	for name, got := range shown {
		if !proto.Equal(got, want) {
			t.Errorf("%s shows %v, want %v", name, got, want)
		}
	}
	if got := get(false); !proto.Equal(got, a.GetApplicant()) {
		t.Errorf("asked for it shows %v", got)
	}
}
