package main

import (
	"context"
	"net/http"
	"sync"

	"github.com/spf13/cobra"

	"gongkai/server"
	"gongkai/server/clerk"
)

// clerkFlags say whether time does things by itself here, and how reminders travel.
type clerkFlags struct {
	run            bool
	relay, address string
}

func (f *clerkFlags) define(c *cobra.Command) {
	c.Flags().BoolVar(&f.run, "clerk", true, "运行到期事项与提醒；使用测试时钟时默认不运行 · record lapses and send reminders; by default not under a test clock")
	c.Flags().StringVar(&f.relay, "smtp", "", "发送提醒邮件的服务器 HOST:PORT，默认不发 · mail relay for reminders; none by default")
	c.Flags().StringVar(&f.address, "mail-from", "", "提醒邮件的发件地址 · sender of reminders")
	c.MarkFlagsRequiredTogether("smtp", "mail-from")
}

// beginClerk starts the clerk and returns what waits for its end. Webhooks always travel;
// mail does if there is a relay. An agency gets only what its settings name an address for.
func (p program) beginClerk(ctx context.Context, s *server.Server, f clerkFlags) (wait func()) {
	if !f.run {
		return func() {}
	}
	send := clerk.Webhook(http.DefaultClient)
	if f.relay != "" {
		send = clerk.Both(clerk.Mail(p.log, f.relay, f.address, p.now), send)
	}
	var group sync.WaitGroup
	group.Go(func() { clerk.Clerk{Office: s, Now: p.now, Log: p.log, Send: send}.Run(ctx) })
	return group.Wait
}
