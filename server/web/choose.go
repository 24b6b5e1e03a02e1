package web

import (
	"slices"

	pb "gongkai/proto/disclosure/v1"
)

// choiceView is where whoever has no agency of their own says which one a page is to be of.
type choiceView struct {
	Path     string
	Agencies []*pb.Agency
	Adds     bool // the caller adds agencies
}

func (p *page) chooseAgency() error {
	res, err := p.api.Agencies.ListAgencies(p.ctx(), &pb.ListAgenciesRequest{PageSize: shownAgencies})
	if err != nil {
		return err
	}
	return p.show("choose", choiceView{p.r.URL.Path, res.GetAgencies(), slices.Contains(systems, p.me.GetRole())})
}
