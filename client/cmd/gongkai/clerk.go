package main

import (
	"github.com/spf13/cobra"

	pb "gongkai/proto/disclosure/v1"
)

// clerk holds the commands on what time does by itself.
func (a *app) clerk() *cobra.Command {
	return a.group("clerk", text{"到期事项与时钟", "what time does by itself, and the clock"}, a.clerkStatus(), a.clerkTrust())
}

func (a *app) clerkStatus() *cobra.Command {
	cmd := a.command("status", text{"最近一次运行及时钟状态", "the last round and the state of the clock"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		clerk, err := c.Clerk.GetClerk(cmd.Context(), &pb.GetClerkRequest{})
		if err != nil {
			return err
		}
		return a.printer().message(clerk)
	})
	cmd.Example = `  gongkai clerk status -o json`
	return cmd
}

func (a *app) clerkTrust() *cobra.Command {
	request := &pb.TrustClockRequest{}
	cmd := a.command("trust", text{"核对时钟后恢复自动办理", "say that the clock is right after it jumped"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		clerk, err := c.Clerk.TrustClock(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(clerk)
	})
	bind(cmd, request, "reason", "reason")
	controls(cmd, request)
	cmd.Example = `  gongkai clerk trust --reason 与授时服务器核对，误差不足1秒`
	return cmd
}
