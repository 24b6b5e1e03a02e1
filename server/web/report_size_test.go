package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

// With 5,000 cases, brought in by the page itself, every page stays small; the harness
// fails a page that makes too many calls.
func TestPagesWithFiveThousandCases(t *testing.T) {
	o, v, _ := crowded(t)
	for _, path := range []string{
		"/ledger", "/ledger?words=经费支出", "/ledger?state=RECEIVED&kind=BUSINESS", "/ledger?holder=nobody", "/report", "/report?year=2025", "/report?year=2018",
		"/report/checks?year=2025&all=1", "/report/cell?cell=newReceived/total&year=2025&form=table-2021", "/report/text?year=2025",
		"/report/freeze?year=2025", "/report/carry-over?year=2026", "/report/charts?year=2025", "/rollup?year=2025", "/rollup/units?year=2025",
		"/rollup/cell?cell=newReceived/total&year=2025&form=table-2021", "/workload", "/import",
	} {
		s := v.get(path)
		for range 30 { // a busy machine may make the service ask to come back
			if s.status != http.StatusTooManyRequests {
				break
			}
			s = v.get(path)
		}
		if s.status != http.StatusOK || len(s.text) > pageLimit {
			t.Errorf("%s answered %d with %d bytes, at most %d", path, s.status, len(s.text), pageLimit)
		}
		t.Logf("%6d bytes  %s", len(s.text), path)
	}
	if strings.Contains(o.log.String(), "too many calls") {
		t.Errorf("a page makes too many calls:\n%s", o.log)
	}
}

// crowded is an office whose ledger of 5,000 rows came in by the page of imports.
func crowded(t testing.TB) (o *office, v *visitor, token string) {
	t.Helper()
	o = open(t, nil)
	o.agency("jyj")
	token = o.hire(pb.Principal_SUPERVISOR, "jyj")
	v = o.enter(token)
	var b strings.Builder
	b.WriteString("申请编号,申请方式,收到日期,申请人类型,申请人,申请内容,答复类型,答复日期,送达方式,送达日期\r\n")
	for i := range 5000 {
		kind := []string{"自然人", "商业企业", "科研机构"}[i%3]
		end := ",,,"
		if i%10 != 0 {
			end = fmt.Sprintf("%s,2025-%02d-16,邮寄,2025-%02d-17", []string{"予以公开", "部分公开", "要求提供公开出版物"}[i%3], i%11+1, i%11+1)
		}
		fmt.Fprintf(&b, "2025-A%04d,当面,2025-%02d-08,%s,示例人%d,关于第%d号项目经费支出明细及其批准文件、合同、验收材料的申请（示例）,%s\r\n", i, i%11+1, kind, i, i, end)
	}
	run := v.upload("/import", v.get("/import"), "applications", "台账.csv", []byte(b.String())).header.Get("Location")
	tried := v.patient(run)
	if !strings.Contains(tried.text, "确认导入5000行") {
		t.Fatalf("the trial does not take 5,000 rows:\n%s", tried.text)
	}
	if len(tried.text) > pageLimit {
		t.Errorf("the balance has %d bytes", len(tried.text))
	}
	v.post(run, tried.with(nil))
	if done := v.patient(run); !strings.Contains(done.text, "<dt>已导入</dt><dd>5000</dd>") {
		t.Fatalf("the import does not bring 5,000 rows:\n%s", done.text)
	}
	return o, v, token
}

// patient is shown for a long run: it asks as often as the page itself would be too slow.
func (v *visitor) patient(path string) *sheet {
	v.t.Helper()
	for {
		s := v.get(path)
		if s.header.Get("Refresh") == "" {
			return s
		}
		if !strings.Contains(s.text, "<progress") {
			v.t.Fatalf("a run under way shows no progress:\n%s", s.text)
		}
	}
}
