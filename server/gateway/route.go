package gateway

import (
	"context"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	pb "gongkai/proto/disclosure/v1"
)

// register gives every method its address: the generated ones, then those of files.
func (g *gateway) register() error {
	for _, add := range []func() error{
		handler(g, pb.NewApplicationServiceClient, pb.RegisterApplicationServiceHandlerClient),
		handler(g, pb.NewRemedyServiceClient, pb.RegisterRemedyServiceHandlerClient),
		handler(g, pb.NewReportServiceClient, pb.RegisterReportServiceHandlerClient),
		handler(g, pb.NewCalendarServiceClient, pb.RegisterCalendarServiceHandlerClient),
		handler(g, pb.NewLedgerServiceClient, pb.RegisterLedgerServiceHandlerClient),
		handler(g, pb.NewAgencyServiceClient, pb.RegisterAgencyServiceHandlerClient),
		handler(g, pb.NewPrincipalServiceClient, pb.RegisterPrincipalServiceHandlerClient),
		handler(g, pb.NewFreezeServiceClient, pb.RegisterFreezeServiceHandlerClient),
		handler(g, pb.NewRollupServiceClient, pb.RegisterRollupServiceHandlerClient),
		handler(g, pb.NewOversightServiceClient, pb.RegisterOversightServiceHandlerClient),
		handler(g, pb.NewQueueServiceClient, pb.RegisterQueueServiceHandlerClient),
		handler(g, pb.NewAdviceServiceClient, pb.RegisterAdviceServiceHandlerClient),
		handler(g, pb.NewSettingServiceClient, pb.RegisterSettingServiceHandlerClient),
		handler(g, pb.NewAuditServiceClient, pb.RegisterAuditServiceHandlerClient),
		handler(g, pb.NewClerkServiceClient, pb.RegisterClerkServiceHandlerClient),
		handler(g, pb.NewAttachmentServiceClient, pb.RegisterAttachmentServiceHandlerClient),
		handler(g, pb.NewAccountServiceClient, pb.RegisterAccountServiceHandlerClient),
		handler(g, pb.NewLetterServiceClient, pb.RegisterLetterServiceHandlerClient),
	} {
		if err := add(); err != nil {
			return err
		}
	}
	return g.registerFiles()
}

// handler connects the client of a service with its generated handlers.
func handler[T any](g *gateway, open func(grpc.ClientConnInterface) T, add func(context.Context, *runtime.ServeMux, T) error) func() error {
	return func() error { return add(context.Background(), g.mux, open(g.calls)) }
}
