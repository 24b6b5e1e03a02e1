package verify

import (
	"context"
	"slices"
	"strings"
	"time"

	"gongkai/server"
	"gongkai/storage"
)

// tokenSize is that of the SHA-256 of a token, of which no event tells.
const tokenSize = 32

// clockSlack is how long before its event an agency or principal may say that it was
// created: the service reads its clock once for each of the two.
const clockSlack = time.Minute

// agencies compares each agency with its last event. The first lies in the installation's
// own register.
func (v *verifier) agencies(ctx context.Context) error {
	return v.walk(ctx, storage.AgencyTable, pageSize, func(in storage.Inspector, row *storage.Row) error {
		if row.Agency == "" {
			return v.installation(row)
		}
		v.sum.Agencies++
		created, err := in.Events("", row.Object)
		if err != nil {
			return err
		}
		changed, err := in.Events(row.Agency, row.Object)
		if err != nil {
			return err
		}
		acts := v.history(row, slices.Concat(created, changed))
		if len(acts) == 0 {
			return nil
		}
		a, err := server.AgencyAfter(&acts[len(acts)-1])
		if err != nil {
			v.unreadable(row, err)
			return nil
		}
		a.CreateTime = createdAt(row, acts[0].Time)
		v.differences(row, in.Kept(a))
		return nil
	})
}

// installation looks at the row of the installation itself, which nothing ever changes.
func (v *verifier) installation(row *storage.Row) error {
	v.differences(row, []storage.Column{
		{Name: "name", Value: ""},
		{Name: "parent", Value: nil},
		{Name: "settings", Value: "{}"},
		{Name: "create_time", Value: int64(0)},
		{Name: "revision", Value: int64(1)},
		{Name: "successor", Value: nil},
	})
	return nil
}

// createdAt is when a row says that it was created, unless its event says otherwise.
func createdAt(row *storage.Row, event time.Time) time.Time {
	value, _ := row.Value("create_time")
	micro, ok := value.(int64)
	at := time.UnixMicro(micro).UTC()
	if !ok || at.After(event) || event.Sub(at) > clockSlack {
		return event
	}
	return at
}

// principals compares each principal with its events. Only the length of its token's hash
// can be told right from wrong.
func (v *verifier) principals(ctx context.Context) error {
	return v.walk(ctx, storage.PrincipalTable, pageSize, func(in storage.Inspector, row *storage.Row) error {
		v.sum.Principals++
		events, err := in.Events(row.Agency, row.Object)
		if err != nil {
			return err
		}
		acts := v.history(row, events)
		if len(acts) == 0 {
			return nil
		}
		p, err := server.PrincipalAfter(&acts[0])
		if err != nil {
			v.unreadable(row, err)
			return nil
		}
		p.CreateTime = createdAt(row, acts[0].Time)
		if len(acts) > 1 {
			p.RemoveTime = acts[1].Time
		}
		p.TokenHash = make([]byte, tokenSize)
		if hash, _ := row.Value("token_hash"); len(bytesOf(hash)) == tokenSize {
			p.TokenHash = bytesOf(hash)
		}
		v.differences(row, in.Kept(p))
		return nil
	})
}

// credentials compares what each principal signs in with with what its last act committed
// to: a password that nobody set is found.
func (v *verifier) credentials(ctx context.Context) error {
	return v.walk(ctx, storage.CredentialTable, pageSize, func(in storage.Inspector, row *storage.Row) error {
		events, err := in.Events(row.Agency, row.Object)
		if err != nil {
			return err
		}
		acts := v.history(row, events)
		if len(acts) == 0 {
			return nil
		}
		last := &acts[len(acts)-1]
		want, err := server.CredentialSum(last)
		if err != nil {
			v.unreadable(row, err)
			return nil
		}
		v.differences(row, []storage.Column{{Name: "revision", Value: last.Revision}})
		c, err := in.Credential(row.Agency, strings.TrimPrefix(row.Object, storage.CredentialObject("")))
		if err != nil {
			v.unreadable(row, err)
			return nil
		}
		if got := c.Sum(); got != want {
			v.find(Finding{Agency: row.Agency, Object: row.Object, Column: "password", Check: Value, Stored: got, Derived: want})
		}
		return nil
	})
}

func bytesOf(v any) []byte {
	b, _ := v.([]byte)
	return b
}

// remedies compares each remedy with its last event.
func (v *verifier) remedies(ctx context.Context) error {
	return v.walk(ctx, storage.RemedyTable, pageSize, func(in storage.Inspector, row *storage.Row) error {
		v.sum.Remedies++
		events, err := in.Events(row.Agency, row.Object)
		if err != nil {
			return err
		}
		acts := v.history(row, events)
		if len(acts) == 0 {
			return nil
		}
		v.count(row.Agency, v.tuplesOf(in, object{row.Agency, row.Object}, upTo(acts, v.last[row.Agency])), 1)
		last := &acts[len(acts)-1]
		r, err := server.RemedyAfter(last)
		if err != nil {
			v.unreadable(row, err)
			return nil
		}
		want := in.Kept(r)
		if erased(last) {
			want = slices.DeleteFunc(want, func(c storage.Column) bool { return c.Name == "remark" })
		}
		v.differences(row, want)
		return nil
	})
}

// figures compares each figure with its last event.
func (v *verifier) figures(ctx context.Context) error {
	return v.walk(ctx, storage.FigureTable, pageSize, func(in storage.Inspector, row *storage.Row) error {
		v.sum.Figures++
		events, err := in.Events(row.Agency, row.Object)
		if err != nil {
			return err
		}
		acts := v.history(row, events)
		if len(acts) == 0 {
			return nil
		}
		f, err := server.FigureAfter(&acts[len(acts)-1])
		if err != nil {
			v.unreadable(row, err)
			return nil
		}
		v.differences(row, in.Kept(f))
		return nil
	})
}
