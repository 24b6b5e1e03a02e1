package web

import (
	"slices"

	pb "gongkai/proto/disclosure/v1"
)

const clerkPath = "/clerk"

func (d *desk) clerkRoutes() []route {
	title := text{"自动办理", "Clerk"}
	return []route{
		{pattern: "GET " + clerkPath, title: title, roles: append(slices.Clone(systems), pb.Principal_AUDITOR), menu: true, handle: showClerk},
		{pattern: "POST " + clerkPath, title: title, roles: systems, handle: trustClock},
	}
}

// clerkView is how the clerk fares.
type clerkView struct {
	*pb.Clerk
	MayTrust bool
}

func showClerk(p *page) error {
	c, err := p.api.Clerk.GetClerk(p.ctx(), &pb.GetClerkRequest{})
	if err != nil {
		return err
	}
	return p.show("clerk", clerkView{c, p.installation()})
}

// trustClock says that the clock is right.
func trustClock(p *page) error {
	f, req := p.form(), &pb.TrustClockRequest{}
	f.need("reason", text{"请写明如何核对了时钟", "Say how the clock was checked"})
	if !f.into(req) || len(f.Problems) > 0 {
		return showClerk(p)
	}
	if _, err := p.api.Clerk.TrustClock(p.ctx(), req); err != nil {
		if f.refused(err) {
			return showClerk(p)
		}
		return err
	}
	return p.done(clerkPath, text{"已确认时钟正确，自动办理恢复", "The clock is trusted; the clerk goes on"})
}
