package faults_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"gongkai/server"
	"gongkai/storage"
	"gongkai/storage/postgres"
	"gongkai/storage/sqlite"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// variantVariable names the broken variant that this program then is a server of.
const variantVariable = "GONGKAI_FAULTS_VARIANT"

// The variants: what a test must find out.
const (
	variantKeyOutside = "the key is stored outside the transaction"
	variantEager      = "acknowledged before the commit"
	variantStale      = "reads come from a stale cache"
	variantAbrupt     = "stops without waiting"
)

// serveVariant is gongkaid serve over a broken store, or with a broken stop.
func serveVariant(name string, args []string) {
	if err := tryServing(name, args[0], args[1], args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func tryServing(name, data, listen, database string) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	store, err := openVariant(ctx, name, data, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := firstStart(ctx, store, filepath.Join(data, "admin.token")); err != nil {
		return err
	}
	day, err := calendar.Parse(today)
	if err != nil {
		return err
	}
	s, err := server.New(server.Config{Store: store, Now: time.Now, Today: day, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	if name == variantAbrupt {
		context.AfterFunc(ctx, func() { os.Exit(0) })
	}
	fmt.Printf("serving %s\n", l.Addr())
	return s.Serve(ctx, l)
}

func firstStart(ctx context.Context, store storage.Store, path string) error {
	fresh, err := server.Fresh(ctx, store)
	if err != nil || !fresh {
		return err
	}
	token := server.NewToken()
	if err := os.WriteFile(path, []byte(token), 0o600); err != nil {
		return err
	}
	_, err = server.FirstAdministrator(ctx, store, token, time.Now())
	return err
}

func openVariant(ctx context.Context, name, data, database string) (storage.Store, error) {
	store, err := openStore(ctx, data, database)
	if err != nil {
		return nil, err
	}
	switch name {
	case variantKeyOutside:
		return &keyOutside{Store: store, keys: map[string]storage.Event{}}, nil
	case variantEager:
		return eager{store}, nil
	case variantStale:
		return &stale{Store: store, seen: map[int64]glance{}}, nil
	}
	return store, nil
}

// openStore opens the register of a server that has ended, or of another one beside it.
func openStore(ctx context.Context, data, database string) (storage.Store, error) {
	if database != "" {
		return postgres.Open(ctx, database, postgres.Options{})
	}
	return sqlite.Open(ctx, filepath.Join(data, "gongkai.db"), sqlite.Options{})
}

// keyOutside remembers request ids beside the register, once the commit came back.
type keyOutside struct {
	storage.Store
	mu   sync.Mutex
	keys map[string]storage.Event
}

func (k *keyOutside) Update(ctx context.Context, agency string, fn func(storage.Writer) error) error {
	var taken []storage.Event
	err := k.Store.Update(ctx, agency, func(w storage.Writer) error {
		kw := &keylessWriter{Writer: w, store: k}
		err := fn(kw)
		taken = kw.taken
		return err
	})
	if err == nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		for _, e := range taken {
			k.keys[e.RequestID] = e
		}
	}
	return err
}

type keylessWriter struct {
	storage.Writer
	store *keyOutside
	taken []storage.Event
}

func (w *keylessWriter) EventByRequest(_, id string) (storage.Event, error) {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	if e, ok := w.store.keys[id]; ok {
		return e, nil
	}
	return storage.Event{}, storage.ErrNotFound
}

// strip takes the keys off events.
func (w *keylessWriter) strip(object string, events []storage.Event) []storage.Event {
	out := make([]storage.Event, 0, len(events))
	for _, e := range events {
		if e.RequestID != "" {
			e.Object = object
			w.taken = append(w.taken, e)
		}
		e.RequestID, e.RequestHash = "", nil
		out = append(out, e)
	}
	return out
}

func (w *keylessWriter) InsertApplication(a *workflow.Application, c storage.Caches, events ...storage.Event) error {
	before := len(w.taken)
	if err := w.Writer.InsertApplication(a, c, w.strip("", events)...); err != nil {
		return err
	}
	for i := range w.taken[before:] {
		w.taken[before+i].Object = storage.ApplicationObject(a.ID)
	}
	return nil
}

func (w *keylessWriter) UpdateApplication(before, after *workflow.Application, c storage.Caches, events ...storage.Event) error {
	return w.Writer.UpdateApplication(before, after, c, w.strip(storage.ApplicationObject(after.ID), events)...)
}

// eagerTime is how long the commit takes after that.
const eagerTime = 5 * time.Millisecond

// eager answers as soon as an application was inserted, before the commit.
type eager struct{ storage.Store }

func (e eager) Update(ctx context.Context, agency string, fn func(storage.Writer) error) error {
	ran := make(chan error, 1)
	go func() {
		var once sync.Once
		err := e.Store.Update(context.WithoutCancel(ctx), agency, func(w storage.Writer) error {
			noted := &notingWriter{Writer: w}
			err := fn(noted)
			if noted.inserted {
				once.Do(func() { ran <- err })
				<-time.NewTimer(eagerTime).C
			}
			return err
		})
		once.Do(func() { ran <- err }) // of all other updates
	}()
	return <-ran
}

// notingWriter notes whether an application was inserted.
type notingWriter struct {
	storage.Writer
	inserted bool
}

func (w *notingWriter) InsertApplication(a *workflow.Application, c storage.Caches, events ...storage.Event) error {
	w.inserted = true
	return w.Writer.InsertApplication(a, c, events...)
}

// stale reads applications out of a cache that no writing empties.
type stale struct {
	storage.Store
	mu   sync.Mutex
	seen map[int64]glance
}

type glance struct {
	application workflow.Application
	at          time.Time
}

// staleTime is how long the cache holds.
const staleTime = 50 * time.Millisecond

func (s *stale) View(ctx context.Context, fn func(storage.Reader) error) error {
	return s.Store.View(ctx, func(r storage.Reader) error { return fn(staleReader{r, s}) })
}

type staleReader struct {
	storage.Reader
	store *stale
}

func (r staleReader) Application(agency string, id int64) (*workflow.Application, error) {
	r.store.mu.Lock()
	defer r.store.mu.Unlock()
	if g, ok := r.store.seen[id]; ok && time.Since(g.at) < staleTime {
		a := g.application
		return &a, nil
	}
	a, err := r.Reader.Application(agency, id)
	if err == nil {
		r.store.seen[id] = glance{*a, time.Now()}
	}
	return a, err
}
