package web

import (
	pb "gongkai/proto/disclosure/v1"
)

// latePage is how many late applications one page lists.
const latePage = 50

func (d *desk) workloadRoutes() []route {
	return []route{{pattern: "GET /workload", title: text{"工作量与超期", "Workload"}, roles: handlers, menu: true, handle: showWorkload}}
}

// workloadView is what the page of workloads shows.
type workloadView struct {
	On          string
	Loads       []*pb.Workload
	Sum         *pb.Workload
	Late        []*pb.LateApplication
	Year        int
	First, Next string
	Charts      []drawing
}

// showWorkload shows what each holder has in hand, and what was or is late.
func showWorkload(p *page) error {
	loads, err := p.api.Queue.ListWorkload(p.ctx(), &pb.ListWorkloadRequest{Parent: p.parent()})
	if err != nil {
		return err
	}
	v := workloadView{On: loads.GetOnDate(), Loads: loads.GetWorkloads(), Sum: &pb.Workload{}}
	v.Year = yearIn(p.form().Value("year"), yearIn(v.On[:4], 0))
	for _, l := range v.Loads {
		v.Sum.Open += l.GetOpen()
		v.Sum.Overdue += l.GetOverdue()
		v.Sum.Red += l.GetRed()
		v.Sum.Yellow += l.GetYellow()
		v.Sum.Suspended += l.GetSuspended()
	}
	late, err := p.api.Queue.ListLate(p.ctx(), &pb.ListLateRequest{
		Parent: p.parent(), Year: int32(v.Year), PageSize: latePage, PageToken: p.r.URL.Query().Get("page_token"),
	})
	if err != nil {
		return err
	}
	v.Late = late.GetApplications()
	v.First, v.Next = p.turns(late.GetNextPageToken())
	v.Charts = p.drawWorkload(v.Loads)
	return p.show("workload", v)
}

// Days is the share of a holder in the days that a late application took.
func (v workloadView) Days(h *pb.Holding) string {
	last := h.GetLastDate()
	if last == "" {
		last = "…"
	}
	return h.GetFirstDate() + "—" + last
}
