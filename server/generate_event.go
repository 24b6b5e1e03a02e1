package server

import (
	"time"

	"gongkai/storage"
	"gongkai/workflow"
)

// What follows is for package generate, which writes registers past the service, and has
// to leave the same records behind.

// AgencyCreated is the record of an agency that an actor created.
func AgencyCreated(a storage.Agency, actor string) (storage.Event, error) {
	return agencyEvent(mutation{actor: actor, now: a.CreateTime}, a, "create_agency")
}

// RemedyRecorded is the record of a remedy that an actor created (act nil) or acted on.
func RemedyRecorded(r workflow.Remedy, act *workflow.RemedyAct, actor string, at time.Time) (storage.Event, error) {
	return mutation{actor: actor, now: at}.remedyEvent(r, act)
}
