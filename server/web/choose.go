package web

import (
	"maps"
	"net/url"
	"slices"

	pb "gongkai/proto/disclosure/v1"
)

// choiceView is where whoever has no agency of their own says which one a page is to be of.
type choiceView struct {
	Path     string
	Agencies []*pb.Agency
	Adds     bool       // the caller adds agencies
	Asked    url.Values // what else the page was asked for
}

// Of is the page of an agency.
func (v choiceView) Of(agency string) string {
	query := maps.Clone(v.Asked)
	query.Set("agency", agency)
	return v.Path + "?" + query.Encode()
}

func (p *page) chooseAgency() error {
	res, err := p.api.Agencies.ListAgencies(p.ctx(), &pb.ListAgenciesRequest{PageSize: shownAgencies})
	if err != nil {
		return err
	}
	asked := p.asked()
	asked.Del("agency")
	return p.show("choose", choiceView{p.r.URL.Path, res.GetAgencies(), slices.Contains(systems, p.me.GetRole()), asked})
}
