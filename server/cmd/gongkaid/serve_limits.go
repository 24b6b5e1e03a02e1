package main

import (
	"github.com/spf13/cobra"

	"gongkai/server"
)

// defaultRate is far above what a person or an import asks for in a second; it stops a
// program that runs wild.
const defaultRate = 10_000

// limitFlags are the limits that an installation may need to move. The memory's is
// GOMEMLIMIT, which the runtime reads.
type limitFlags struct{ server.Limits }

func (f *limitFlags) define(c *cobra.Command) {
	c.Flags().IntVar(&f.Connections, "max-connections", 1024, "同时打开的连接数 · connections open at a time")
	c.Flags().IntVar(&f.Calls, "max-calls", 256, "每个用户同时进行的请求数 · calls of one principal at a time")
	c.Flags().Float64Var(&f.Rate, "max-rate", defaultRate, "每个用户每秒的请求数，0为不限 · calls of one principal a second; 0: unbounded")
}
