//go:build linux

package sqlite_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage/storagetest/faults"
)

// sticky never recovers from a full disk.
var sticky = wrongStore{name: "stays full", wrap: func(c driver.Connector) driver.Connector {
	var full atomic.Pointer[error]
	return tamperedConnector{c, tamper{exec: func(_ string, run func(context.Context) (driver.Result, error)) (driver.Result, error) {
		if err := full.Load(); err != nil {
			return nil, *err
		}
		r, err := run(context.Background())
		if err != nil && (strings.Contains(err.Error(), "(13)") || strings.Contains(err.Error(), "full")) {
			full.Store(&err)
		}
		return r, err
	}}}
}}

// callTime bounds each call of these tests, readTime each reading; wellTime is how long a
// server may take to be well again.
const (
	callTime = 10 * time.Second
	readTime = 5 * time.Second
	wellTime = 30 * time.Second
)

// pressure is clients that go on when they are refused, and one that reads.
type pressure struct {
	*traffic
	done, refused, read atomic.Int64
	stop                func()
	patience            time.Duration

	wrongMu sync.Mutex
	wrong   []string
}

func (p *pressure) blame(format string, args ...any) {
	p.wrongMu.Lock()
	defer p.wrongMu.Unlock()
	if len(p.wrong) < 5 {
		p.wrong = append(p.wrong, fmt.Sprintf(format, args...))
	}
}

// press lets four clients write and one read until stop.
func (l *traffic) press() *pressure {
	p := &pressure{traffic: l, patience: wellTime}
	l.ended = false
	ctx, cancel := context.WithCancel(context.Background())
	var clients sync.WaitGroup
	for range 4 {
		seed := l.rnd.Uint64()
		clients.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, 9))
			for ctx.Err() == nil {
				p.write(ctx, l.next(rnd))
			}
		})
	}
	clients.Go(func() {
		for ctx.Err() == nil {
			p.look(ctx)
		}
	})
	p.stop = sync.OnceFunc(func() {
		cancel()
		clients.Wait()
	})
	return p
}

// write sends one call, and the same again until it is answered.
func (p *pressure) write(ctx context.Context, c call) {
	for {
		call, cancel := context.WithTimeout(ctx, callTime)
		name, err := c.send(call, p.conn)
		cancel()
		kind := status.Code(err)
		p.mu.Lock()
		switch {
		case err == nil && !p.ended:
			c.name = name
			p.calls = append(p.calls, c)
			if c.creates && strings.Contains(name, "/applications/") {
				p.names = append(p.names, name)
			}
			p.done.Add(1)
		case err == nil, ctx.Err() != nil:
			p.open = append(p.open, c)
		case kind == codes.ResourceExhausted, kind == codes.Unavailable:
			p.mu.Unlock()
			p.refused.Add(1)
			rest(ctx, 5*time.Millisecond)
			continue
		case kind != codes.FailedPrecondition && kind != codes.InvalidArgument:
			p.blame("a writer was told: %v", err)
		}
		p.mu.Unlock()
		return
	}
}

// look reads the agency, which names nobody: that never depends on what can be written. To
// read an application is an act on the register, and is refused like one.
func (p *pressure) look(ctx context.Context) {
	call, cancel := context.WithTimeout(ctx, readTime)
	_, err := pb.NewAgencyServiceClient(p.conn).GetAgency(call, &pb.GetAgencyRequest{Name: "agencies/" + agencyOfLoad})
	cancel()
	if err != nil && ctx.Err() == nil {
		p.blame("a reader was told: %v", err)
	}
	p.read.Add(1)
	rest(ctx, 2*time.Millisecond)
}

func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// until waits for something to happen; the bound only ends a test that hangs.
func (p *pressure) until(bound time.Duration, happened func() bool) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); !happened(); <-tick.C {
		if time.Since(began) > bound {
			return fmt.Errorf("not within %v: %d done, %d refused, %d read", bound, p.done.Load(), p.refused.Load(), p.read.Load())
		}
	}
	return nil
}

// more waits for n more of a count.
func (p *pressure) more(what string, count *atomic.Int64, n int64) error {
	from := count.Load()
	if err := p.until(p.patience, func() bool { return count.Load() >= from+n }); err != nil {
		return fmt.Errorf("%d more %s: %w", n, what, err)
	}
	return nil
}

// fillUp fills the disk of a server under load n times and gives the space back each time.
func fillUp(t *testing.T, seed uint64, n int, patience time.Duration, start starter) error {
	t.Helper()
	disk := faults.NewTmpfs(t, 64<<10)
	c := start(t, disk.Dir())
	defer c.kill()
	l := newTraffic(seed)
	l.connect(t, c, disk.Dir())
	p := l.press()
	p.patience = patience
	defer func() { p.stop() }()
	for i := range n {
		if err := p.more("calls done with room on the disk", &p.done, 20); err != nil {
			return fmt.Errorf("round %d: %w", i, err)
		}
		if err := disk.Fill(l.rnd.IntN(256)); err != nil {
			return err
		}
		if err := p.more("refused on a full disk", &p.refused, 20); err != nil {
			return fmt.Errorf("round %d: %w", i, err)
		}
		if err := p.more("reads on a full disk", &p.read, 20); err != nil {
			return fmt.Errorf("round %d: %w", i, err)
		}
		if err := disk.Free(); err != nil {
			return err
		}
		if i%10 == 9 { // a full disk must not become one that is full of data
			p.stop()
			if err := renew(t, c, l, disk.Dir()); err != nil {
				return err
			}
			c = start(t, disk.Dir())
			l = newTraffic(seed + uint64(i))
			l.connect(t, c, disk.Dir())
			p = l.press()
		}
	}
	if err := p.more("calls done once there was room again", &p.done, 20); err != nil {
		return err
	}
	p.stop()
	if err := errors.Join(renew(t, c, l, disk.Dir())); err != nil {
		return err
	}
	t.Logf("seed %d: %d rounds; in the last register %d done, %d refused, %d read", seed, n, p.done.Load(), p.refused.Load(), p.read.Load())
	if len(p.wrong) > 0 {
		return errors.New(strings.Join(p.wrong, "\n"))
	}
	return nil
}

// renew kills the server, looks at what it leaves and empties the disk.
func renew(t *testing.T, c *process, l *traffic, dir string) error {
	t.Helper()
	c.kill()
	sum := &toll{}
	l.check(t, filepath.Join(dir, "gongkai.db"), sum)
	if sum.bad() > 0 {
		return errors.New(sum.String())
	}
	wipe(t, faults.NewPlain(dir))
	return nil
}

// TestDiskFull: on a full disk reads go on, writes are refused in time, and once there is room
// the same server takes them again. Nothing acknowledged is lost.
func TestDiskFull(t *testing.T) {
	n := short(t, 3)
	if err := fillUp(t, *faultSeed, n, wellTime, program(t)); err != nil {
		t.Errorf("again: go test ./storage/sqlite -run '^TestDiskFull$' -seed %d -cuts %d\n%v", *faultSeed, n, err)
	}
}

// TestDiskReadOnly: when the kernel turns the disk read-only, reads go on, writes are refused;
// after a repair and a restart all is there that was acknowledged.
func TestDiskReadOnly(t *testing.T) {
	n := short(t, 2)
	for i := range n {
		disk := faults.NewExt4(t, 256)
		start := program(t)
		c := start(t, disk.Dir())
		l := newTraffic(*faultSeed + uint64(i))
		l.connect(t, c, disk.Dir())
		p := l.press()
		err := p.more("calls done", &p.done, 30)
		l.freeze() // the kernel lets a sync that is under way succeed, and forgets it
		if err == nil {
			err = disk.BreakDown()
		}
		if err == nil {
			err = p.more("refused on a disk that is read-only", &p.refused, 20)
		}
		if err == nil {
			err = p.more("reads on a disk that is read-only", &p.read, 20)
		}
		p.stop()
		c.kill()
		if err := errors.Join(err, disk.Repair()); err != nil {
			t.Fatal(err)
		}
		sum := &toll{rounds: 1}
		l.check(t, filepath.Join(disk.Dir(), "gongkai.db"), sum)
		c = start(t, disk.Dir())
		l.connect(t, c, disk.Dir())
		l.again(sum)
		c.kill()
		if sum.bad() > 0 || len(p.wrong) > 0 {
			t.Errorf("again: go test ./storage/sqlite -run '^TestDiskReadOnly$' -seed %d\n%v\n%s", *faultSeed+uint64(i), sum, strings.Join(p.wrong, "\n"))
		}
		t.Logf("seed %d: %d done, %d refused, %d read", *faultSeed+uint64(i), p.done.Load(), p.refused.Load(), p.read.Load())
		if err := disk.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDiskSlow: while a sync takes long, writes wait for it together and reads do not.
func TestDiskSlow(t *testing.T) {
	delays := []time.Duration{20 * time.Millisecond, 200 * time.Millisecond}
	if short(t, 0) > 0 {
		delays = append(delays, 2*time.Second)
	}
	disk := faults.NewFuse(t)
	c := program(t)(t, disk.Dir())
	l := newTraffic(*faultSeed)
	l.connect(t, c, disk.Dir())
	for _, d := range delays {
		disk.Slow(d)
		p := l.press()
		syncs := disk.Syncs()
		err := errors.Join(p.more("calls done on a slow disk", &p.done, 8), p.more("reads on a slow disk", &p.read, 20))
		reads := p.read.Load()
		disk.Slow(0)
		p.stop()
		if err != nil || len(p.wrong) > 0 {
			t.Errorf("again: go test ./storage/sqlite -run '^TestDiskSlow$' -seed %d\na sync takes %v: %v %v", *faultSeed, d, err, p.wrong)
		}
		t.Logf("a sync takes %v: %d done, %d read, %d syncs", d, p.done.Load(), reads, disk.Syncs()-syncs)
	}
	if err := disk.Cut(); err != nil {
		t.Fatal(err)
	}
	c.kill()
	sum := &toll{rounds: 1}
	l.check(t, filepath.Join(must(disk.Restore())(t), "gongkai.db"), sum)
	if sum.bad() > 0 {
		t.Errorf("seed %d: %v", *faultSeed, sum)
	}
}

// TestCanaryDiskFull: a store that stays full is caught.
func TestCanaryDiskFull(t *testing.T) {
	short(t, 0)
	err := fillUp(t, *faultSeed, 2, 3*time.Second, thisProgram(sticky.name))
	if t.Log(err); err == nil || !strings.Contains(err.Error(), "more calls done") {
		t.Errorf("the harness did not notice, or something else: %v", err)
	}
}
