package server

import (
	"container/list"
	"net"
	"sync"
)

// door bounds how many connections are open. Where there are too many it closes the oldest
// on which nobody has shown a token: whoever opens ten thousand and says nothing keeps no
// officer out. Nor does who shows his token on each: where all have shown one, somebody who
// holds more than a quarter of them loses his oldest.
type door struct {
	net.Listener
	most int

	mu        sync.Mutex
	guests    map[string]*guest     // by address
	strangers *list.List            // of *guest, the oldest first
	known     map[string]*list.List // of *guest, the oldest first, by whose token was shown
}

// guest is an open connection.
type guest struct {
	net.Conn
	door     *door
	stranger *list.Element // nil: it has shown a token
	who      string        // whose token it has shown
	known    *list.Element // in the list of who
	left     bool
}

func newDoor(l net.Listener, most int) *door {
	return &door{Listener: l, most: most, guests: map[string]*guest{}, strangers: list.New(), known: map[string]*list.List{}}
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
		if out = d.dispensable(); out == nil {
			return nil, false
		}
		d.forget(out)
	}
	d.guests[g.RemoteAddr().String()] = g
	g.stranger = d.strangers.PushBack(g)
	return out, true
}

// dispensable is who leaves where there is no room: nil if nobody has to. d.mu is held.
func (d *door) dispensable() *guest {
	from := d.strangers
	if from.Len() == 0 {
		const share = 4
		for _, list := range d.known {
			if list.Len() > d.most/share && list.Len() > max(1, from.Len()) {
				from = list
			}
		}
	}
	if from.Len() == 0 {
		return nil
	}
	g, _ := from.Front().Value.(*guest)
	return g
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
	if g.known == nil {
		return
	}
	if d.known[g.who].Remove(g.known); d.known[g.who].Len() == 0 {
		delete(d.known, g.who)
	}
}

// welcome notes whose token the connection from an address has shown first.
func (d *door) welcome(address, who string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.guests[address]
	if g == nil || g.stranger == nil {
		return
	}
	d.strangers.Remove(g.stranger)
	if d.known[who] == nil {
		d.known[who] = list.New()
	}
	g.stranger, g.who, g.known = nil, who, d.known[who].PushBack(g)
}

// Close is net.Conn's.
func (g *guest) Close() error {
	g.door.mu.Lock()
	g.door.forget(g)
	g.door.mu.Unlock()
	return g.Conn.Close()
}
