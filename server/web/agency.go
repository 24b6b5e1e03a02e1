package web

import (
	"cmp"
	"slices"
	"strings"

	pb "gongkai/proto/disclosure/v1"
)

const (
	agenciesPath = "/agencies"
	agencyPath   = agenciesPath + "/{agency}"
)

func (d *desk) agencyRoutes() []route {
	title := text{"机关", "Agencies"}
	return []route{
		{pattern: "GET " + agenciesPath, title: title, roles: systems, menu: true, handle: showAgencies},
		{pattern: "POST " + agenciesPath, title: title, roles: systems, handle: createAgency},
		{pattern: "GET " + agencyPath, title: title, roles: systems, handle: func(p *page) error { return p.showAgency(nil) }},
		{pattern: "POST " + agencyPath, title: title, roles: systems, handle: updateAgency},
	}
}

// What a page reads and shows of a tree.
const (
	shownAgencies = 200
	agencyPage    = 1000
	agencyPages   = 10
)

// treeView is the tree of agencies, or what lies below one.
type treeView struct {
	Nodes []node
	Total int
	Below *pb.Agency // only what lies below it
	Bound bool       // there are more than were read
	Form  agencyInputs
	Root  bool // an agency without a parent may be created
}

// node is one agency at its place in the tree.
type node struct {
	*pb.Agency
	Depth  int
	Below  int // agencies below it
	Folded bool
}

// Indent is the class that moves it in.
func (n node) Indent() string { return [...]string{"in0", "in1", "in2", "in3", "in4"}[min(n.Depth, 4)] }

func showAgencies(p *page) error {
	all, bound, err := p.agencies()
	if err != nil {
		return err
	}
	v := treeView{Total: len(all), Bound: bound, Root: p.ownAgency() == "", Form: p.agencyInputs(nil)}
	under := p.r.URL.Query().Get("under")
	if at := slices.IndexFunc(all, func(a *pb.Agency) bool { return lastOf(a.GetName()) == under }); at >= 0 {
		v.Below = all[at]
		p.under(agenciesPath, p.text("机关", "Agencies"))
		p.title = v.Below.GetDisplayName()
	} else if under != "" {
		return missing()
	}
	v.Nodes = tree(all, v.Below.GetName())
	return p.show("agencies", v)
}

// agencies are those that the caller sees, by id.
func (p *page) agencies() (all []*pb.Agency, bound bool, err error) {
	req := &pb.ListAgenciesRequest{PageSize: agencyPage}
	for range agencyPages {
		res, err := p.api.Agencies.ListAgencies(p.ctx(), req)
		if err != nil {
			return nil, false, err
		}
		all = append(all, res.GetAgencies()...)
		if req.PageToken = res.GetNextPageToken(); req.GetPageToken() == "" {
			return all, false, nil
		}
	}
	return all, true, nil
}

// tree puts agencies below their parents, each level by id. Where more would be shown than
// a page holds, the deeper levels are folded.
func tree(all []*pb.Agency, top string) []node {
	below := byParent(all)
	count := map[string]int{}
	levels := []int{}
	var walk func(parent string, depth int) int
	walk = func(parent string, depth int) (n int) {
		for _, a := range below[parent] {
			if len(levels) == depth {
				levels = append(levels, 0)
			}
			levels[depth]++
			count[a.GetName()] = walk(a.GetName(), depth+1)
			n += 1 + count[a.GetName()]
		}
		return n
	}
	walk(top, 0)
	deepest, sum := 0, 0
	for depth, n := range levels {
		if sum += n; depth > 0 && sum > shownAgencies {
			break
		}
		deepest = depth
	}
	var out []node
	var lay func(parent string, depth int)
	lay = func(parent string, depth int) {
		for _, a := range below[parent] {
			n := node{Agency: a, Depth: depth, Below: count[a.GetName()], Folded: depth == deepest && count[a.GetName()] > 0}
			out = append(out, n)
			if !n.Folded {
				lay(a.GetName(), depth+1)
			}
		}
	}
	lay(top, 0)
	return out
}

// byParent are agencies by the name of their parent.
func byParent(all []*pb.Agency) map[string][]*pb.Agency {
	known, below := map[string]bool{}, map[string][]*pb.Agency{}
	for _, a := range all {
		known[a.GetName()] = true
	}
	for _, a := range all {
		parent := a.GetParent()
		if !known[parent] {
			parent = "" // it lies beyond the caller's reach
		}
		below[parent] = append(below[parent], a)
	}
	return below
}

// createAgency adds an agency.
func createAgency(p *page) error {
	f, req := p.form(), &pb.CreateAgencyRequest{Agency: &pb.Agency{}}
	f.need("agency_id", text{"请填写机关代码", "Give the agency an id"})
	f.need("agency.display_name", text{"请填写机关名称", "Give the agency a name"})
	if !f.into(req) || len(f.Problems) > 0 {
		return showAgencies(p)
	}
	p.readAgency(req.GetAgency())
	a, err := p.api.Agencies.CreateAgency(p.ctx(), req)
	if err != nil {
		return p.agencyRefused(err, showAgencies)
	}
	return p.done(pathOf(a.GetName()), text{"已新增机关" + a.GetDisplayName() + "，接着可以新增用户", "Added " + a.GetDisplayName() + "; next come its users"})
}

// readAgency reads what an agency names in the words of the page: other agencies by their
// id, the chain of approvals as one choice.
func (p *page) readAgency(a *pb.Agency) {
	f := p.form()
	for _, x := range []struct {
		name string
		into *string
	}{{"agency.parent", &a.Parent}, {"agency.successor", &a.Successor}} {
		if id := strings.TrimSpace(f.Value(x.name)); id != "" {
			*x.into = "agencies/" + strings.TrimPrefix(id, "agencies/")
		}
	}
	a.ReviewSteps = strings.FieldsFunc(f.Value("chain"), func(r rune) bool { return r == ',' })
}

// agencyRefused shows a refusal at the inputs; a parent or successor that does not exist
// is one.
func (p *page) agencyRefused(err error, show func(*page) error) error {
	if p.form().refused(err) || p.unknownAgency(err) {
		return show(p)
	}
	return err
}

// changes names the fields of an agency that a form changes.
func changes(before, after *pb.Agency) []string {
	var mask []string
	for name, differ := range map[string]bool{
		"display_name":   before.GetDisplayName() != after.GetDisplayName(),
		"parent":         before.GetParent() != after.GetParent(),
		"review_steps":   !slices.EqualFunc(before.GetReviewSteps(), after.GetReviewSteps(), strings.EqualFold),
		"codes_variant":  before.GetCodesVariant() != cmp.Or(after.GetCodesVariant(), before.GetCodesVariant()),
		"establish_date": before.GetEstablishDate() != after.GetEstablishDate(),
		"successor":      before.GetSuccessor() != after.GetSuccessor(),
		"abolish_date":   before.GetAbolishDate() != after.GetAbolishDate(),
	} {
		if differ {
			mask = append(mask, name)
		}
	}
	slices.Sort(mask)
	return mask
}
