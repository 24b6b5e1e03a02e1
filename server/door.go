package server

import (
	"container/list"
	"net"
	"sync"
)

// door bounds how many connections are open. Where there are too many it closes the oldest
// on which nobody has shown a token: whoever opens ten thousand and says nothing keeps no
// officer out.
type door struct {
	net.Listener
	most int

	mu        sync.Mutex
	guests    map[string]*guest // by address
	strangers *list.List        // of *guest, the oldest first
}

// guest is an open connection.
type guest struct {
	net.Conn
	door     *door
	stranger *list.Element // nil: it has shown a token
	left     bool
}

func newDoor(l net.Listener, most int) *door {
	return &door{Listener: l, most: most, guests: map[string]*guest{}, strangers: list.New()}
}

// Accept is net.Listener's.
func (d *door) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		g := &guest{Conn: c, door: d}
		out, ok := d.enter(g)
		if out != nil {
			_ = out.Close() // a stranger, to whom nothing is owed
		}
		if ok {
			return g, nil
		}
		_ = c.Close() // the client comes again after a while
	}
}

// enter makes room for a connection, if there is any. It returns who has to leave for it.
func (d *door) enter(g *guest) (out *guest, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.guests) >= d.most {
		if d.strangers.Len() == 0 {
			return nil, false
		}
		out, _ = d.strangers.Front().Value.(*guest)
		d.forget(out)
	}
	d.guests[g.RemoteAddr().String()] = g
	g.stranger = d.strangers.PushBack(g)
	return out, true
}

// forget no longer counts a connection; d.mu is held.
func (d *door) forget(g *guest) {
	if g.left {
		return
	}
	g.left = true
	if address := g.RemoteAddr().String(); d.guests[address] == g {
		delete(d.guests, address)
	}
	if g.stranger != nil {
		d.strangers.Remove(g.stranger)
	}
}

// welcome notes that the connection from an address has shown a token.
func (d *door) welcome(address string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if g := d.guests[address]; g != nil && g.stranger != nil {
		d.strangers.Remove(g.stranger)
		g.stranger = nil
	}
}

// Close is net.Conn's.
func (g *guest) Close() error {
	g.door.mu.Lock()
	g.door.forget(g)
	g.door.mu.Unlock()
	return g.Conn.Close()
}
