package web

import (
	"net/url"
	"slices"
	"strings"

	pb "gongkai/proto/disclosure/v1"
)

// queuePage is how many applications one page of the queue lists.
const queuePage = 50

func (d *desk) queueRoutes() []route {
	return []route{
		{pattern: "GET /{$}", title: text{"工作台", "Desk"}, roles: handlers, menu: true, handle: queue},
	}
}

// queueView is what the queue shows.
type queueView struct {
	On       string
	Entries  []*pb.QueueEntry
	Warnings []string
	Counts   []queueCount
	Bound    bool // more is open than was counted
	Mine     string
	Holder   string
	Holders  []string // of the entries, to choose from
	First    string   // path of the first page, on a later one
	Next     string   // path of the next page
	Of       string   // what the agency is called, if it is not the caller's own
	Taken    []takenOver
	Unread   []string // ids of further agencies that it took over
}

// takenOver is what is open in an agency that the caller's took over.
type takenOver struct {
	Agency *pb.Agency
	Counts *pb.QueueCounts
}

// maxTaken is of how many agencies the desk tells what is open there.
const maxTaken = 10

// queueCount is one of the figures on top.
type queueCount struct {
	Text string
	N    int32
	Kind string // of its look
}

// queue lists open applications, the gravest risk first.
func queue(p *page) error {
	query := p.r.URL.Query()
	req := &pb.ListQueueRequest{
		Parent: p.parent(), Holder: strings.TrimSpace(query.Get("holder")), PageSize: queuePage,
		PageToken: query.Get("page_token"), OnDate: query.Get("on_date"), Count: true,
	}
	res, err := p.api.Queue.ListQueue(p.ctx(), req)
	if err != nil {
		return err
	}
	v := queueView{
		On: res.GetOnDate(), Entries: res.GetEntries(), Warnings: res.GetWarnings(), Holder: req.GetHolder(),
		Counts: p.queueCounts(res.GetCounts()), Bound: res.GetCounts().GetBoundReached(), Mine: lastOf(p.me.GetName()),
	}
	for _, e := range v.Entries {
		if h := e.GetHolder(); h != "" && !slices.Contains(v.Holders, h) {
			v.Holders = append(v.Holders, h)
		}
	}
	slices.Sort(v.Holders)
	query.Del("lang")
	if req.GetPageToken() != "" {
		query.Del("page_token")
		v.First = (&url.URL{Path: "/", RawQuery: query.Encode()}).RequestURI()
	}
	if next := res.GetNextPageToken(); next != "" {
		query.Set("page_token", next)
		v.Next = (&url.URL{Path: "/", RawQuery: query.Encode()}).RequestURI()
	}
	if err := p.inherited(&v); err != nil {
		return err
	}
	return p.show("queue", v)
}

// inherited tells what the agency of the page is called, if it is not the caller's own, else
// what is open in those that this one took over: nobody else will answer there.
func (p *page) inherited(v *queueView) error {
	a, err := p.api.Agencies.GetAgency(p.ctx(), &pb.GetAgencyRequest{Name: p.parent()})
	if err != nil {
		return err
	}
	if p.elsewhere() != "" {
		v.Of = a.GetDisplayName()
		return nil
	}
	for i, name := range a.GetPredecessors() {
		if i >= maxTaken {
			v.Unread = append(v.Unread, lastOf(name))
			continue
		}
		res, err := p.api.Queue.ListQueue(p.ctx(), &pb.ListQueueRequest{Parent: name, PageSize: 1, OnDate: v.On, Count: true})
		if err != nil {
			return err
		}
		if res.GetCounts().GetOpen() == 0 {
			continue
		}
		before, err := p.api.Agencies.GetAgency(p.ctx(), &pb.GetAgencyRequest{Name: name})
		if err != nil {
			return err
		}
		v.Taken = append(v.Taken, takenOver{before, res.GetCounts()})
	}
	return nil
}

// queueCounts are the figures on top; one of zero stands back.
func (p *page) queueCounts(c *pb.QueueCounts) []queueCount {
	counts := []queueCount{
		{p.text("已超期", "Overdue"), c.GetOverdue(), "late"},
		{p.text("今日到期", "Due today"), c.GetDueToday(), "late"},
		{p.text("下一工作日到期", "Due next workday"), c.GetDueNext(), "soon"},
		{p.text("本周到期", "Due this week"), c.GetDueThisWeek(), "soon"},
		{p.text("时钟暂停", "Clock stopped"), c.GetSuspended(), ""},
		{p.text("待审核", "Under review"), c.GetUnderReview(), ""},
		{p.text("待送达", "To be delivered"), c.GetUndelivered(), ""},
		{p.text("在办合计", "Open in total"), c.GetOpen(), "all"},
	}
	for i := range counts {
		if counts[i].N == 0 {
			counts[i].Kind = "none"
		}
	}
	return counts
}
