package server

import (
	"context"
	"net/netip"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// Terminals are the networks from which administrators of all duties, auditors too, sign in and act; nil: everywhere. The
// machine itself is always one of them, so that a wrong list locks nobody out for good.
//
// They are no setting of the register but of the start of the server: what could be changed
// by a call could be changed by whoever stole an administrator's sign-in.
type Terminals []netip.Prefix

// admit refuses a role that may not work from where a call comes.
func (t Terminals) admit(ctx context.Context, role workflow.Role) error {
	if len(t) == 0 || !role.Administers() || t.holds(remoteAddress(ctx)) {
		return nil
	}
	return failf(pb.Reason_TERMINAL_NOT_ALLOWED, "管理员（含审计员）只能从指定的网络登录和操作；请使用规定的终端",
		"administrators, auditors among them, work only from the networks that are set for them: use such a terminal")
}

// holds reports whether an address lies in one of the networks; one that is not known does not.
func (t Terminals) holds(remote string) bool {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	address := at.Addr().Unmap().WithZone("")
	if address.IsLoopback() {
		return true
	}
	for _, p := range t {
		if p.Contains(address) {
			return true
		}
	}
	return false
}
