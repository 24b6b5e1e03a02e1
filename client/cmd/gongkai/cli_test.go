package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"gongkai/client/internal/grpctest"
	pb "gongkai/proto/disclosure/v1"
)

// result is what one invocation gave.
type result struct {
	code           int
	stdout, stderr string
}

// invoke runs the CLI against a test server, "" for none. The environment names the
// server; more of it may follow as KEY=VALUE before the arguments.
func invoke(t *testing.T, server *grpctest.Server, args ...string) result {
	t.Helper()
	env := map[string]string{}
	if server != nil {
		env["GONGKAI_SERVER"] = server.Address
	}
	for len(args) > 0 && strings.HasPrefix(args[0], "GONGKAI_") {
		key, value, _ := strings.Cut(args[0], "=")
		env[key], args = value, args[1:]
	}
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, func(key string) string { return env[key] }, strings.NewReader("{}"), &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

func answers(messages ...proto.Message) grpctest.Answer {
	return func(grpctest.Call) ([]proto.Message, error) { return messages, nil }
}

func fails(err error) grpctest.Answer {
	return func(grpctest.Call) ([]proto.Message, error) { return nil, err }
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestEveryMethodHasACommand runs a command for each method of the API and sees that the
// call arrives.
func TestEveryMethodHasACommand(t *testing.T) {
	t.Parallel()
	file := write(t, "report.json", "{}")
	ledgerFile := write(t, "a.csv", "申请编号,申请方式,申请人类型\n1,当面,自然人\n")
	commands := map[string]string{
		"CreateApplication":   "application create --agency a --channel in-person --arrive-date 2026-03-02 --applicant-kind business",
		"GetApplication":      "application get 1 --agency a",
		"ListApplications":    "application list --agency a",
		"SearchApplications":  "application search 征地 --agency a",
		"ActOnApplication":    "extend 1 --agency a --workdays 5 --notify-date 2026-03-02",
		"ListEvents":          "application history 1 --agency a",
		"ListPossibleActions": "application actions 1 --agency a",
		"ListDueApplications": "due --agency a",
		"ExplainDeadline":     "explain 1 --agency a",
		"CreateAgency":        "agency create a --name 教育局",
		"GetAgency":           "agency get a",
		"ListAgencies":        "agency list",
		"UpdateAgency":        "agency update a --name 教育局",
		"CreatePrincipal":     "user create w --role officer --agency a --token-file " + filepath.Join(t.TempDir(), "w.token"),
		"GetPrincipal":        "user whoami",
		"ListPrincipals":      "user list --agency a",
		"DeletePrincipal":     "user delete w --agency a",
		"CreateRemedy":        "remedy create --agency a --kind complaint --file-date 2026-03-02",
		"GetRemedy":           "remedy get r --agency a",
		"ListRemedies":        "remedy list --agency a",
		"ActOnRemedy":         "remedy conclude r --agency a --result upheld --conclude-date 2026-03-02",
		"ComputeAnnualReport": "report --agency a --year 2025 --form table-2021",
		"ListCellEntries":     "report cell --agency a --year 2025 --form table-2021 --cell granted",
		"CheckReport":         "report check " + file,
		"SetFigures":          "figure set --agency a --year 2025 1110=3 --previous 1110=",
		"ListFigures":         "figure list --agency a",
		"GetDay":              "calendar day 2026-03-02",
		"AddWorkdays":         "calendar add 2026-03-02 --workdays -5",
		"ListNotices":         "calendar notices",
		"ImportNotice":        "calendar import " + write(t, "notice.txt", "关于2027年部分节假日安排的通知"),
		"ImportLedger":        "import --agency a " + ledgerFile,
		"ExportLedger":        "export --agency a --dir " + t.TempDir(),
		"ExportReport":        "report export --agency a --year 2025 --form table-2021 --format csv",
		"ComputeRollup":       "report rollup --agency a --year 2025 --form table-2021",
		"ListRollupEntries":   "report cell --agency a --year 2025 --form table-2021 --cell granted --rollup",
		"ListRollupUnits":     "report rollup --agency a --year 2025 --form table-2021 --silent",
		"PutReceivedReport":   "report receive --agency a --year 2025 --form table-2021 " + file,
		"GetReceivedReport":   "report receive get --agency a --year 2025 --form table-2021",
		"AdviseOutcome":       "advise 1 --agency a",
		"ComputeFee":          "fee items 35 --agency a",
		"FindSimilar":         "similar 1 --agency a",
		"ListQueue":           "due --agency a --risk",
		"ListWorkload":        "workload --agency a",
		"ListLate":            "late --agency a",
		"CreateFeed":          "feed create --agency a",
		"ListFeeds":           "feed list --agency a",
		"DeleteFeed":          "feed revoke 1 --agency a",
		"ListAuditRecords":    "audit list --agency a",
		"GetClerk":            "clerk status",
		"TrustClock":          "clerk trust --reason 核对",
		"FreezeReport":        "report freeze --agency a --year 2025",
		"AmendReport":         "report amend --agency a --year 2025 --reason 漏登",
		"GetFrozenReport":     "report frozen --agency a --year 2025 --version 1",
		"ListFrozenReports":   "report frozen --agency a",
		"DiffReport":          "report diff --agency a --year 2025",
		"CompareCarryOver":    "report carry-over --agency a --year 2025",
		"ListChecks":          "report checks --agency a --year 2025 --form table-2021",
		"AcceptCheck":         "report accept --agency a --year 2025 --form table-2021 --id X.a --reason 核对",
		"SetNarrative":        "report narrative --agency a --year 2025 --etag e --set 1=" + file,
		"GetNarrative":        "report narrative --agency a --year 2025",
		"ListSettings":        "settings list --agency a",
		"UpdateSettings":      "settings set --agency a lights.yellow=7 --etag lights.yellow=e",
		"TakeNumber":          "number take reply --agency a",
		"UploadAttachment":    "attachment add --agency a --application 1 --kind form " + write(t, "form.txt", "申请表"),
		"DownloadAttachment":  "attachment get 1 --agency a -f -",
		"ListAttachments":     "attachment list --agency a",
		"GetAttachment":       "attachment show 1 --agency a",
		"WithdrawAttachment":  "attachment withdraw 1 --agency a --reason 误传",
		"ListLetterKinds":     "letter kinds --agency a",
		"PreviewLetter":       "letter preview 1 --agency a --kind receipt --set received_items=申请表1份",
		"IssueLetter":         "letter issue 1 --agency a --kind receipt --set received_items=申请表1份",
		"ListLetters":         "letter list 1 --agency a",
		"DownloadLetter":      "letter download 1 --agency a -f -",
		"PutLetterTemplate":   "letter template put reply --agency a --builtin",
		"GetLetterTemplate":   "letter template get reply --agency a",
		"ListLetterTemplates": "letter template list --agency a",
		"SetUp":               "account set-up zhao --role administrator --secret-file " + write(t, "secret", "gk_x\n") + " --password-file " + write(t, "first", "Tq7#vMxe\n"),
		"SignIn":              "account sign-in wjw/li --token-file " + filepath.Join(t.TempDir(), "li.token") + " --password-file " + write(t, "second", "Tq7#vMxe\n"),
		"ExchangeToken":       "account exchange " + filepath.Join(t.TempDir(), "exchanged.token"),
		"BeginSingleSignOn":   "account single-begin " + filepath.Join(t.TempDir(), "begun"),
		"FinishSingleSignOn":  "account single-finish " + write(t, "begun", "verifier\n") + " --code a --token-file " + filepath.Join(t.TempDir(), "single.token"),
		"VerifyOneTimeCode":   "account verify --code 123456",
		"LinkIdentity":        "account link li --agency wjw --subject 7",
		"SignOut":             "account sign-out",
		"GetAccount":          "account show",
		"ChangePassword":      "account password --current-file " + write(t, "third", "a") + " --new-file " + write(t, "fourth", "b"),
		"ResetPassword":       "account reset li --agency wjw",
		"EnrolOneTimeCode":    "account enrol",
		"ConfirmOneTimeCode":  "account confirm --code 123456",
		"ListSignIns":         "account list",
		"EndSignIn":           "account end --others",
	}
	for _, method := range grpctest.Methods(t, "disclosure.v1") {
		line, ok := commands[string(method.Name())]
		if !ok {
			t.Errorf("no command for %s", method.FullName())
			continue
		}
		t.Run(string(method.Name()), func(t *testing.T) {
			t.Parallel()
			server := grpctest.Serve(t, fails(status.Error(codes.Unimplemented, "recorded")))
			got := invoke(t, server, strings.Fields(line)...)
			calls := server.Calls()
			if len(calls) != 1 || calls[0].Method != string(method.Name()) {
				t.Fatalf("%s called %v: %s", line, calls, got.stderr)
			}
			if got.code != exitOther || got.stdout != "" || !strings.Contains(got.stderr, "recorded") {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	want := map[codes.Code]int{
		codes.Canceled: 7, codes.Unknown: 7, codes.InvalidArgument: 3, codes.DeadlineExceeded: 7, codes.NotFound: 4,
		codes.AlreadyExists: 6, codes.PermissionDenied: 5, codes.ResourceExhausted: 7, codes.FailedPrecondition: 6,
		codes.Aborted: 6, codes.OutOfRange: 7, codes.Unimplemented: 7, codes.Internal: 7, codes.Unavailable: 7,
		codes.DataLoss: 7, codes.Unauthenticated: 5,
	}
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			server := grpctest.Serve(t, fails(status.Error(code, "no")))
			if got := invoke(t, server, "application", "get", "1", "--agency", "a"); got.code != want[code] || got.stdout != "" {
				t.Errorf("got %+v, want exit code %d", got, want[code])
			}
		})
	}
}

// TestUsage takes commands that never reach the service.
func TestUsage(t *testing.T) {
	t.Parallel()
	server := grpctest.Serve(t, answers(&pb.Application{}))
	none := filepath.Join(t.TempDir(), "none")
	binary := write(t, "latin1.json", "{\"a\": \"\xe9\"}")
	broken := write(t, "broken.csv", "申请编号,申请人类型\n1,自然人\n")
	tests := []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no command", nil, 2, "请给出命令"},
		{"unknown command", []string{"foo"}, 2, "没有命令 foo"},
		{"command nearly right", []string{"user", "lst"}, 2, "list"},
		{"after a flag without value", []string{"--insecure", "user", "lst"}, 2, "list"},
		{"unknown flag", []string{"due", "--colour"}, 2, "--colour"},
		{"flag without value", []string{"due", "--agency"}, 2, "agency"},
		{"missing argument", []string{"application", "get"}, 2, "应为 gongkai application get APPLICATION_NO"},
		{"argument too many", []string{"due", "x"}, 2, "应为 gongkai due"},
		{"no agency", []string{"due"}, 2, "--agency"},
		{"no number of an application", []string{"extend", "--agency", "a"}, 2, "应为 gongkai extend APPLICATION_NO"},
		{"no year", []string{"report", "--agency", "a", "--form", "table-2021"}, 2, "请给出 --year（年度） / give --year (year)"},
		{"no cell", []string{"report", "cell", "--agency", "a", "--year", "2025", "--form", "table-2021"}, 2, "--cell"},
		{"no year of a figure", []string{"figure", "set", "--agency", "a", "1110=3"}, 2, "--year"},
		{"unknown output", []string{"due", "-o", "xml"}, 2, "table, json, csv"},
		{"unknown language", []string{"due", "--lang", "fr"}, 2, "zh, en"},
		{"number that is none", []string{"extend", "1", "--agency", "a", "--workdays", "ten"}, 2, "whole number"},
		{"unknown role", []string{"user", "create", "w", "--role", "king", "--token-file", none}, 2, "officer, supervisor, statistician, auditor, administrator"},
		{"amendment that is no JSON", []string{"correct", "1", "--agency", "a", "--amendments", "x"}, 2, "Amendment"},
		{"no file for the token", []string{"user", "create", "w", "--role", "officer"}, 2, "--token-file"},
		{"nothing to change", []string{"agency", "update", "a"}, 2, "what to change"},
		{"figure without value", []string{"figure", "set", "--agency", "a", "--year", "2025", "1110"}, 2, "CODE=VALUE"},
		{"nothing to import", []string{"import", "--agency", "a"}, 2, "name a file"},
		{"no directory", []string{"export", "--agency", "a"}, 2, "--dir"},
		{"no workdays", []string{"calendar", "add", "2026-03-02"}, 2, "--workdays"},
		{"no actions", []string{"application", "act", "1", "--agency", "a"}, 2, "--actions"},
		{"file that is not there", []string{"report", "check", none}, 2, "none"},
		{"ledger that is not there", []string{"import", "--agency", "a", none}, 2, "none"},
		{"ledger without headings", []string{"import", "--agency", "a", broken}, 3, "broken.csv: 第1行应为列名"},
		{"report that is not UTF-8", []string{"report", "check", binary}, 3, "UTF-8"},
		{"token file that is not there", []string{"--token-file", none, "due", "--agency", "a"}, 2, "none"},
		{"certificates that are not there", []string{"--ca-file", none, "due", "--agency", "a"}, 2, "none"},
		{"argument that is not UTF-8", []string{"due", "--agency", "\xff"}, 3, "第3个参数不是有效的UTF-8文本"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := invoke(t, server, test.args...)
			if got.code != test.code || got.stdout != "" || !strings.Contains(got.stderr, test.want) {
				t.Errorf("got %+v, want exit code %d and %q on stderr", got, test.code, test.want)
			}
		})
	}
	t.Cleanup(func() {
		if calls := server.Calls(); len(calls) != 0 {
			t.Errorf("called %v", calls)
		}
	})
}

func TestNoServer(t *testing.T) {
	t.Parallel()
	if got := invoke(t, nil, "agency", "list"); got.code != exitUsage || !strings.Contains(got.stderr, "GONGKAI_SERVER") {
		t.Errorf("got %+v", got)
	}
	if got := invoke(t, nil, "--server", "127.0.0.1:1", "agency", "list"); got.code != exitOther || !strings.Contains(got.stderr, "无法连接服务") {
		t.Errorf("got %+v", got)
	}
}

// refusal is an error with all its details.
func refusal(t *testing.T) error {
	t.Helper()
	s, err := status.New(codes.InvalidArgument, "bad").WithDetails(
		&errdetails.ErrorInfo{Reason: "FIELD_INVALID", Domain: "disclosure.gongkai"},
		&errdetails.LocalizedMessage{Locale: "zh-CN", Message: "延期须为1至20个工作日"},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "actions[0].extend.workdays", Description: "应为1至20\x1b[31m"},
		}},
	)
	if err != nil {
		t.Fatal(err)
	}
	return s.Err()
}

func TestErrorsAreExplained(t *testing.T) {
	t.Parallel()
	server := grpctest.Serve(t, fails(refusal(t)))
	got := invoke(t, server, "extend", "1", "--agency", "a", "--workdays", "25", "--notify-date", "2026-03-02", "-o", "json")
	want := result{3, "", "gongkai: 延期须为1至20个工作日\n  actions[0].extend.workdays: 应为1至20<001B>[31m\n  FIELD_INVALID\n"}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Error(diff)
	}
}

func TestHeadersOfACall(t *testing.T) {
	t.Parallel()
	token := write(t, "token", "mine")
	server := grpctest.Serve(t, answers(&pb.ListAgenciesResponse{}))
	for _, args := range [][]string{
		{"--token-file", token, "--lang", "en", "agency", "list"},
		{"agency", "list", "--lang=en", "--token-file", token},
		{"agency", "--token-file=" + token, "list", "--lang", "en", "--insecure"},
		{"agency", "--insecure", "list", "--token-file", token, "--lang", "en"},
		{"GONGKAI_TOKEN_FILE=" + token, "--insecure", "--lang", "en", "agency", "list"},
	} {
		if got := invoke(t, server, args...); got.code != 0 {
			t.Fatalf("%v: %+v", args, got)
		}
	}
	for _, call := range server.Calls() {
		got := fmt.Sprint(call.Header.Get("authorization"), call.Header.Get("accept-language"))
		if got != "[Bearer mine] [en]" {
			t.Errorf("got %s", got)
		}
	}
}

// TestUserCreate has two files of tokens: that of the caller and the new one.
func TestUserCreate(t *testing.T) {
	t.Parallel()
	mine := write(t, "mine", "mine")
	created := answers(&pb.CreatePrincipalResponse{Principal: &pb.Principal{Name: "agencies/a/principals/w", Role: pb.Principal_OFFICER}, Token: "gk_new"})
	t.Run("token goes to the file alone", func(t *testing.T) {
		t.Parallel()
		server := grpctest.Serve(t, created)
		file := filepath.Join(t.TempDir(), "w.token")
		got := invoke(t, server, "--token-file", mine, "user", "create", "w", "--role", "officer", "--agency", "a", "--token-file", file, "-o", "json")
		if got.code != 0 || strings.Contains(got.stdout+got.stderr, "gk_new") || !strings.Contains(got.stdout, `"role": "OFFICER"`) {
			t.Errorf("got %+v", got)
		}
		text, err := os.ReadFile(file)
		if err != nil || string(text) != "gk_new\n" {
			t.Errorf("file holds %q, %v", text, err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		call := server.Calls()[0]
		if call.Header.Get("authorization")[0] != "Bearer mine" {
			t.Errorf("called with %v", call.Header)
		}
		request := call.Requests[0].(*pb.CreatePrincipalRequest)
		if request.GetParent() != "agencies/a" || request.GetPrincipalId() != "w" || request.GetPrincipal().GetRole() != pb.Principal_OFFICER {
			t.Errorf("sent %v", request)
		}
	})
	t.Run("administrator of the whole installation", func(t *testing.T) {
		t.Parallel()
		server := grpctest.Serve(t, created)
		got := invoke(t, server, "GONGKAI_TOKEN_FILE="+mine, "user", "create", "w", "--role", "ADMINISTRATOR", "--token-file", filepath.Join(t.TempDir(), "w"))
		if request := server.Calls()[0].Requests[0].(*pb.CreatePrincipalRequest); got.code != 0 || request.GetParent() != "" {
			t.Errorf("got %+v, sent %v", got, request)
		}
	})
	t.Run("a file is never overwritten", func(t *testing.T) {
		t.Parallel()
		server := grpctest.Serve(t, created)
		file := write(t, "w.token", "old")
		got := invoke(t, server, "GONGKAI_TOKEN_FILE="+mine, "user", "create", "w", "--role", "officer", "--agency", "a", "--token-file", file)
		text, err := os.ReadFile(file)
		if got.code != exitUsage || len(server.Calls()) != 0 || err != nil || string(text) != "old" {
			t.Errorf("got %+v after %d calls, file %q", got, len(server.Calls()), text)
		}
	})
	t.Run("no file is left after a refusal", func(t *testing.T) {
		t.Parallel()
		server := grpctest.Serve(t, fails(status.Error(codes.PermissionDenied, "no")))
		file := filepath.Join(t.TempDir(), "w.token")
		got := invoke(t, server, "GONGKAI_TOKEN_FILE="+mine, "user", "create", "w", "--role", "officer", "--agency", "a", "--token-file", file)
		if _, err := os.Stat(file); got.code != exitAccess || !os.IsNotExist(err) {
			t.Errorf("got %+v, file %v", got, err)
		}
	})
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"output", []string{"due", "-o", ""}, "table\njson\ncsv\n:4\n"},
		{"headings", []string{"export", "--headings", ""}, "zh\nkey\n:4\n"},
		{"role", []string{"user", "create", "w", "--role", ""}, "officer\t经办人\nsupervisor\t负责人\nstatistician\t统计员\nauditor\t审计员\nadministrator\t管理员\nsystem_administrator\t系统管理员\nsecurity_administrator\t安全管理员\n:4\n"},
		{"kind of a consultation", []string{"consult", "1", "--kind", ""}, "third_party\t第三方\nco_maker\t共同制作机关\norgan\t其他机关\n:4\n"},
		{"result of a remedy", []string{"remedy", "conclude", "r", "--result", ""}, "upheld\t维持\ncorrected\t纠正\nother\t其他\n:4\n"},
		{"form", []string{"report", "--form", ""}, "codes-2014\ntable-2019\ntable-2021\n:4\n"},
		{"action", []string{"ext"}, "extend\t延期 / extend the time for the reply, once (Art 33)\n:4\n"},
		{"no files for numbers", []string{"extend", ""}, ":4\n"},
		{"files of reports", []string{"report", "check", ""}, "json\n:8\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := invoke(t, nil, append([]string{"__complete"}, test.args...)...)
			if diff := cmp.Diff(test.want, got.stdout); got.code != 0 || diff != "" {
				t.Errorf("exit code %d: %s", got.code, diff)
			}
		})
	}
	if got := invoke(t, nil, "completion", "bash"); got.code != 0 || !strings.Contains(got.stdout, "gongkai") {
		t.Errorf("got %d", got.code)
	}
}
