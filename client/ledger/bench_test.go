package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"gongkai/client/ledger"
)

// realistic is a row as an office has it: 25 cells filled.
func realistic(i int) map[string]string {
	return map[string]string{
		"application_no": fmt.Sprintf("2026-%06d", i), "agency": "shfj", "channel": "网络",
		"arrive_date": "2026-03-02", "receive_date": "2026-03-02", "applicant_kind": "自然人",
		"applicant_name": "张三丰", "id_type": "身份证", "id_number": fmt.Sprintf("1101051949123%05d", i%100000),
		"phone": fmt.Sprintf("138%08d", i), "address": "上海市黄浦区人民大道200号", "postcode": "200003",
		"email": "zhang@example.com", "description": fmt.Sprintf("申请公开第%d号地块征收补偿方案及其批准文件", i),
		"supplement_request_date": "2026-03-05", "supplement_due_date": "2026-03-20",
		"supplement_receive_date": "2026-03-10", "basis": "予以公开", "reply_date": "2026-03-20",
		"reply_no": fmt.Sprintf("〔2026〕第%d号", i), "delivery_mode": "邮寄", "delivery_date": "2026-03-21",
		"close_date": "2026-03-21", "due_date": "2026-04-08", "on_time": "按时",
	}
}

func drain(tb testing.TB, r *ledger.Reader) int {
	tb.Helper()
	n := 0
	for {
		_, issues, err := r.Next()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil || len(issues) > 0 {
			tb.Fatal(n, issues, err)
		}
		n++
	}
}

func file(tb testing.TB, rows int, create func(io.Writer, ledger.Sheet, ledger.Options) *ledger.Writer) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := create(&out, ledger.Applications, ledger.Options{})
	for i := range rows {
		if err := w.Write(realistic(i)); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// dense drops the columns that realistic leaves empty, as an office's own sheet would.
func dense(tb testing.TB, rows int) []byte {
	tb.Helper()
	var out strings.Builder
	keys := []string{}
	for _, c := range ledger.Columns(ledger.Applications) {
		if realistic(0)[c.Key] != "" {
			keys = append(keys, c.Key)
		}
	}
	out.WriteString(strings.Join(keys, ",") + "\n")
	for i := range rows {
		row := realistic(i)
		for j, key := range keys {
			if j > 0 {
				out.WriteByte(',')
			}
			out.WriteString(row[key])
		}
		out.WriteByte('\n')
	}
	return []byte(out.String())
}

func benchmarkRead(b *testing.B, data []byte, rows int) {
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := ledger.NewReader(bytes.NewReader(data), int64(len(data)), ledger.Applications)
		if err != nil {
			b.Fatal(err)
		}
		if n := drain(b, r); n != rows {
			b.Fatal(n)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkReadCSV(b *testing.B) { benchmarkRead(b, dense(b, 100_000), 100_000) }

func BenchmarkReadGB18030(b *testing.B) {
	benchmarkRead(b, gb18030(b, string(dense(b, 20_000))), 20_000)
}

func BenchmarkReadXLSX(b *testing.B) {
	benchmarkRead(b, file(b, 20_000, ledger.NewXLSX), 20_000)
}

func BenchmarkWriteCSV(b *testing.B) {
	row := realistic(1)
	w := ledger.NewCSV(io.Discard, ledger.Applications, ledger.Options{})
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Write(row); err != nil {
			b.Fatal(err)
		}
	}
}
