package client_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"gongkai/client"
	"gongkai/client/ledger"
	pb "gongkai/proto/disclosure/v1"
)

// An officer's program: connect, list what is urgent.
func ExampleDial() {
	ctx := context.Background()
	c, err := client.Dial(ctx, "disclosure.example:8443", client.WithTokenFile("officer.token"), client.WithCAFile("office-ca.pem"))
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	due := client.List(ctx, c.Applications.ListDueApplications, &pb.ListDueApplicationsRequest{Parent: "agencies/jyj"},
		(*pb.ListDueApplicationsResponse).GetApplications)
	for application, err := range due {
		if err != nil {
			log.Fatal(client.Message(err))
		}
		fmt.Println(application.GetApplicationNo(), application.GetDeadline().GetDueDate())
	}
}

// An error says what was wrong in the caller's language, and why in a word that programs
// can match.
func ExampleReason() {
	err := refusal()
	fmt.Println(client.Message(err))
	fmt.Println(client.Reason(err), client.Metadata(err)["article"])
	for _, v := range client.Violations(err) {
		fmt.Println(v.GetField())
	}
	// Output:
	// 延期最多20个工作日
	// EXTENSION_TOO_LONG 33
	// actions[0].extend.workdays
}

// A request id chosen before the first attempt makes a call safe to repeat, even by
// another run of the program.
func ExampleNewRequestID() {
	request := &pb.ActOnApplicationRequest{
		Name:      "agencies/jyj/applications/no:2026-00001",
		RequestId: client.NewRequestID(),
		Actions: []*pb.Action{{Action: &pb.Action_Extend{Extend: &pb.Extend{
			Workdays: 10, NotifyDate: "2026-03-02",
		}}}},
	}
	fmt.Println(len(request.GetRequestId()))
	// Output: 36
}

// An import says of every row that was refused where it stands and what would be right.
func ExampleClient_Import() {
	ctx := context.Background()
	c, err := client.Dial(ctx, "localhost:8080", client.WithTokenFile("officer.token"))
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	reader, err := ledger.Open("台账.xlsx", ledger.Applications)
	if err != nil {
		log.Fatal(err)
	}
	defer reader.Close()
	balance, err := c.Import(ctx, client.Import{
		Agency:  "jyj",
		Sources: []client.Source{{Name: "台账.xlsx", Sheet: ledger.Applications, Reader: reader}},
	})
	if err != nil {
		log.Fatal(client.Message(err))
	}
	for _, p := range balance.Refused {
		fmt.Fprintln(os.Stderr, p.GetFile(), p.GetRow(), p.GetColumn(), p.GetMessage())
	}
}
