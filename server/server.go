// Package server is the service: it admits callers, parses requests into the domain's
// types, asks package workflow, writes to the store and renders what came of it. It
// holds no rule of law and no state of a case.
package server

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/test/bufconn"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/access"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// Config is what a server needs. Store, Now and Log are required.
type Config struct {
	Store    storage.Store
	Calendar *calendar.Calendar // nil: the embedded one
	Now      func() time.Time
	Log      *slog.Logger
	NewID    func() string // ids of internal errors; nil: by the clock
	TLS      *tls.Config   // nil: loopback only
	// Today replaces the day of the clock: a test clock, said in every answer.
	Today       workflow.Date
	Reflection  bool
	SigningKey  ed25519.PrivateKey // signs frozen reports; nil: none is signed
	Attachments Attachments
	Accounts    Accounts
	Limits      Limits
	IndexEvery  time.Duration // how often the search index follows; 0: every two seconds
}

// Server answers for the register in a store.
type Server struct {
	pb.UnimplementedApplicationServiceServer
	pb.UnimplementedRemedyServiceServer
	pb.UnimplementedReportServiceServer
	pb.UnimplementedCalendarServiceServer
	pb.UnimplementedLedgerServiceServer
	pb.UnimplementedAgencyServiceServer
	pb.UnimplementedPrincipalServiceServer
	pb.UnimplementedFreezeServiceServer
	pb.UnimplementedRollupServiceServer
	pb.UnimplementedDocumentServiceServer
	pb.UnimplementedOversightServiceServer
	pb.UnimplementedQueueServiceServer
	pb.UnimplementedAdviceServiceServer
	pb.UnimplementedSettingServiceServer
	pb.UnimplementedClerkServiceServer
	pb.UnimplementedAuditServiceServer
	pb.UnimplementedAttachmentServiceServer
	pb.UnimplementedLetterServiceServer
	pb.UnimplementedAccountServiceServer

	store      storage.Store
	notices    notices
	now        func() time.Time
	log        *slog.Logger
	newID      func() string
	fixedToday workflow.Date
	secure     bool
	instants   instants
	moves      moves
	written    atomic.Int64

	contributions contributions
	signingKey    ed25519.PrivateKey
	attachments   Attachments
	accounts      Accounts
	sources       sources
	strangers     strangers
	abroad        strangers // who wait for the identity provider
	seen          sightings
	bearers       bearers
	limits        *limits
	indexEvery    time.Duration
	issuing       chan struct{}        // whose turn it is to issue a letter
	door          atomic.Pointer[door] // of the connections, while it serves
	webDoor       atomic.Pointer[door] // of those that speak HTTP
	inside        inside
	rules         map[string]access.Rule
	grpc          *grpc.Server
	health        *health.Server
}

// New makes a server. It fails if a method has no row in the access table.
func New(c Config) (*Server, error) {
	s := &Server{
		store: c.Store, now: c.Now, log: c.Log, newID: c.NewID,
		fixedToday: c.Today, secure: c.TLS != nil, rules: map[string]access.Rule{}, health: health.NewServer(),
		signingKey: c.SigningKey, attachments: c.Attachments.withDefaults(), limits: newLimits(c.Limits), indexEvery: cmp.Or(c.IndexEvery, indexInterval), issuing: make(chan struct{}, 1),
		accounts: c.Accounts.withDefaults(), sources: sources{list: map[string]*failures{}}, strangers: make(strangers, mostStrangers), abroad: make(strangers, mostStrangers), seen: make(sightings, roomForSightings),
	}
	s.inside = inside{bufconn.Listen(insideBuffer)}
	s.notices.begin(cmp.Or(c.Calendar, calendar.Embedded()))
	if s.newID == nil {
		s.newID = func() string { return fmt.Sprintf("%x", s.now().UnixNano()) }
	}
	for _, r := range access.Rules() {
		s.rules[r.Method] = r
	}
	codec, err := newCodec()
	if err != nil {
		return nil, err
	}
	options := append(s.limits.options(), grpc.ForceServerCodecV2(codec),
		grpc.InTapHandle(s.tap), grpc.UnaryInterceptor(s.unary), grpc.StreamInterceptor(s.stream))
	if c.TLS != nil {
		options = append(options, grpc.Creds(transport{credentials.NewTLS(c.TLS)}))
	}
	s.grpc = grpc.NewServer(options...)
	s.register()
	if c.Reflection {
		reflection.Register(s.grpc)
	}
	return s, s.checkTable()
}

func (s *Server) register() {
	pb.RegisterApplicationServiceServer(s.grpc, s)
	pb.RegisterRemedyServiceServer(s.grpc, s)
	pb.RegisterReportServiceServer(s.grpc, s)
	pb.RegisterCalendarServiceServer(s.grpc, s)
	pb.RegisterLedgerServiceServer(s.grpc, s)
	pb.RegisterAgencyServiceServer(s.grpc, s)
	pb.RegisterPrincipalServiceServer(s.grpc, s)
	pb.RegisterFreezeServiceServer(s.grpc, s)
	pb.RegisterRollupServiceServer(s.grpc, s)
	pb.RegisterDocumentServiceServer(s.grpc, s)
	pb.RegisterOversightServiceServer(s.grpc, s)
	pb.RegisterQueueServiceServer(s.grpc, s)
	pb.RegisterAdviceServiceServer(s.grpc, s)
	pb.RegisterSettingServiceServer(s.grpc, s)
	pb.RegisterClerkServiceServer(s.grpc, s)
	pb.RegisterAuditServiceServer(s.grpc, s)
	pb.RegisterAttachmentServiceServer(s.grpc, s)
	pb.RegisterLetterServiceServer(s.grpc, s)
	pb.RegisterAccountServiceServer(s.grpc, s)
	healthpb.RegisterHealthServer(s.grpc, s.health)
}

// open are the services that answer without a token: whether the server lives, and
// under --reflection what it offers.
func openService(name string) bool {
	switch name {
	case healthpb.Health_ServiceDesc.ServiceName, "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection":
		return true
	}
	return false
}

// checkTable refuses to start with a method that the access table does not know.
func (s *Server) checkTable() error {
	for service, info := range s.grpc.GetServiceInfo() {
		if openService(service) {
			continue
		}
		for _, m := range info.Methods {
			if _, ok := s.rules["/"+service+"/"+m.Name]; !ok {
				return fmt.Errorf("method %s/%s has no row in the access table", service, m.Name)
			}
		}
	}
	return nil
}

// ErrPlaintext says that a listener beyond loopback needs TLS: tokens and personal data
// would travel in the clear.
var ErrPlaintext = errors.New("listening beyond loopback needs TLS")

// Serve answers on a listener until ctx ends, then lets calls that have begun finish,
// for at most ten seconds.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if a, ok := l.Addr().(*net.TCPAddr); ok && !s.secure && !a.IP.IsLoopback() {
		return fmt.Errorf("serving %s: %w", a, ErrPlaintext)
	}
	if err := s.follow(ctx, true); ctx.Err() != nil {
		return nil //nolint:nilerr // it was asked to end before it began
	} else if err != nil {
		return err
	}
	tended, stop := context.WithCancel(ctx)
	defer s.notices.tending.Wait()
	defer stop()
	s.notices.tending.Go(func() { s.tendCalendar(tended) })
	s.notices.tending.Go(func() { s.tendIndex(tended) })
	s.notices.tending.Go(func() { s.tendSightings(tended) })
	s.door.Store(newDoor(l, s.limits.Connections))
	s.health.SetServingStatus("", healthpb.HealthCheckResponse_SERVING)
	done := make(chan error, 1)
	go func() { done <- s.grpc.Serve(s.door.Load()) }()
	within := make(chan error, 1)
	go func() { within <- s.grpc.Serve(s.inside) }()
	defer func() {
		if e := <-within; e != nil && !errors.Is(e, grpc.ErrServerStopped) {
			s.log.LogAttrs(ctx, slog.LevelError, "serving within the process", slog.String("error", e.Error()))
		}
	}()
	select {
	case err := <-done:
		s.grpc.Stop()
		return err
	case <-ctx.Done():
	}
	s.drain()
	if err := <-done; !errors.Is(err, grpc.ErrServerStopped) { // it was asked to end before it listened
		return err
	}
	return nil
}

// drain lets calls that have begun finish, and takes no new ones.
func (s *Server) drain() {
	s.health.Shutdown()
	stopped := make(chan struct{})
	go func() { s.grpc.GracefulStop(); close(stopped) }()
	timer := time.NewTimer(drainTimeout)
	defer timer.Stop()
	select {
	case <-stopped:
	case <-timer.C:
		s.grpc.Stop()
		<-stopped
	}
}

// today is the civil day in Asia/Shanghai, or that of the test clock.
func (s *Server) today() workflow.Date {
	if !s.fixedToday.IsZero() {
		return s.fixedToday
	}
	return calendar.Of(s.now())
}
