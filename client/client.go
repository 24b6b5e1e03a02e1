// Package client is the Go library of the disclosure service: it opens a connection,
// sends token, language and request ids, walks pages, reads errors, and carries ledger
// files in and out.
//
// The generated clients of disclosure.v1 are the API; this package adds only what every
// caller would otherwise write again. It knows nothing of the law: what is allowed, and
// what a date or a basis means, the service says.
package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/grpc"

	pb "gongkai/proto/disclosure/v1"
)

// Client holds one generated client for each service. They share a connection and may
// be used from several goroutines.
type Client struct {
	Applications pb.ApplicationServiceClient
	Agencies     pb.AgencyServiceClient
	Principals   pb.PrincipalServiceClient
	Remedies     pb.RemedyServiceClient
	Reports      pb.ReportServiceClient
	Calendar     pb.CalendarServiceClient
	Ledgers      pb.LedgerServiceClient
	Freezes      pb.FreezeServiceClient
	Rollups      pb.RollupServiceClient
	Documents    pb.DocumentServiceClient
	Oversight    pb.OversightServiceClient
	Queue        pb.QueueServiceClient
	Advice       pb.AdviceServiceClient
	Settings     pb.SettingServiceClient
	Clerk        pb.ClerkServiceClient
	Audit        pb.AuditServiceClient
	Attachments  pb.AttachmentServiceClient
	Letters      pb.LetterServiceClient
	Accounts     pb.AccountServiceClient

	language string
	closer   io.Closer
}

// Dial prepares a connection to the service at target, HOST:PORT. It does not wait for
// the service: the first call connects, and fails with UNAVAILABLE if nobody answers.
//
// Without options the connection is plain to a loopback address and TLS with the
// system's roots to any other, no token is sent, and messages come in Chinese. Calls
// that change something get a request_id if they have none, so that they can be sent
// again safely while the service is unavailable.
func Dial(ctx context.Context, target string, opts ...Option) (*Client, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("dial %s: %w", target, err)
	}
	s := settings{language: Chinese}
	for _, option := range opts {
		if err := option(&s); err != nil {
			return nil, fmt.Errorf("dial %s: %w", target, err)
		}
	}
	if strings.TrimSpace(target) == "" {
		return nil, errors.New("dial: the target is empty; it is HOST:PORT")
	}
	conn, err := grpc.NewClient(target, s.dialOptions(target)...)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", target, err)
	}
	c := New(conn, s.language)
	c.closer = conn
	return c, nil
}

// New makes a Client of a connection that the caller keeps, such as one inside the same
// process. Messages about ledger files are worded in the language given; token and
// language of the calls are the connection's.
func New(conn grpc.ClientConnInterface, language Language) *Client {
	return &Client{
		Applications: pb.NewApplicationServiceClient(conn),
		Agencies:     pb.NewAgencyServiceClient(conn),
		Principals:   pb.NewPrincipalServiceClient(conn),
		Remedies:     pb.NewRemedyServiceClient(conn),
		Reports:      pb.NewReportServiceClient(conn),
		Calendar:     pb.NewCalendarServiceClient(conn),
		Ledgers:      pb.NewLedgerServiceClient(conn),
		Freezes:      pb.NewFreezeServiceClient(conn),
		Rollups:      pb.NewRollupServiceClient(conn),
		Documents:    pb.NewDocumentServiceClient(conn),
		Oversight:    pb.NewOversightServiceClient(conn),
		Queue:        pb.NewQueueServiceClient(conn),
		Advice:       pb.NewAdviceServiceClient(conn),
		Settings:     pb.NewSettingServiceClient(conn),
		Clerk:        pb.NewClerkServiceClient(conn),
		Audit:        pb.NewAuditServiceClient(conn),
		Attachments:  pb.NewAttachmentServiceClient(conn),
		Letters:      pb.NewLetterServiceClient(conn),
		Accounts:     pb.NewAccountServiceClient(conn),
		language:     string(language),
	}
}

// Close ends the connection that Dial opened; of a Client made by New it does nothing.
func (c *Client) Close() error {
	if c.closer == nil {
		return nil
	}
	if err := c.closer.Close(); err != nil {
		return fmt.Errorf("close connection: %w", err)
	}
	return nil
}
