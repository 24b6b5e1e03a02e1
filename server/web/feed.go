package web

import (
	pb "gongkai/proto/disclosure/v1"
)

const feedsPath = calendarPath + "/feeds"

func (d *desk) feedRoutes() []route {
	title := text{"日历订阅", "Feeds"}
	return []route{
		{pattern: "GET " + feedsPath, title: title, roles: handlers, handle: func(p *page) error { return p.showFeeds("") }},
		{pattern: "POST " + feedsPath, title: title, roles: handlers, handle: createFeed},
		{pattern: "POST " + feedsPath + "/revoke", title: title, roles: handlers, handle: revokeFeed},
	}
}

// feedsView is the feeds of an agency.
type feedsView struct {
	Feeds   []*pb.Feed
	Address string // of the one that was just created, shown this once
	Mine    string
}

func (p *page) showFeeds(address string) error {
	res, err := p.api.Queue.ListFeeds(p.ctx(), &pb.ListFeedsRequest{Parent: p.parent()})
	if err != nil {
		return err
	}
	p.under(calendarPath, p.text("工作日历", "Calendar"))
	return p.show("feeds", feedsView{Feeds: res.GetFeeds(), Address: address, Mine: lastOf(p.me.GetName())})
}

// createFeed shows the address of the new feed on the page that answers, because nobody
// can ask for it again.
func createFeed(p *page) error {
	f, req := p.form(), &pb.CreateFeedRequest{}
	if !f.into(req) {
		return p.showFeeds("")
	}
	req.Parent = p.parent()
	feed, err := p.api.Queue.CreateFeed(p.ctx(), req)
	if err != nil {
		if f.refused(err) {
			return p.showFeeds("")
		}
		return err
	}
	scheme := "http://"
	if p.desk.Secure {
		scheme = "https://"
	}
	return p.showFeeds(scheme + p.r.Host + feed.GetPath())
}

func revokeFeed(p *page) error {
	_, err := p.api.Queue.DeleteFeed(p.ctx(), &pb.DeleteFeedRequest{Name: p.form().Value("name")})
	if err != nil {
		if p.form().refused(err) {
			return p.showFeeds("")
		}
		return err
	}
	return p.done(feedsPath, text{"订阅已撤销，其地址不再有效", "The feed is revoked; its address is dead"})
}
