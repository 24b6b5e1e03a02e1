package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/clerk"
	"gongkai/storage"
	"gongkai/workflow"
)

// clerkObject is the record of the clerk's rounds in the installation's own register.
const clerkObject = "clerk/rounds"

// theClock does what time does by itself. It is no principal and has no token.
var theClock = workflow.Person{Name: "clock", Role: workflow.Officer}

// byClock is a mutation that time makes. Its request id follows from what is done, so that
// two clerks, or one that begins again, do it once.
func (s *Server) byClock(agency string, parts ...string) mutation {
	m := mutation{agency: agency, actor: theClock.Name, now: s.now()}
	if len(parts) > 0 {
		key := strings.Join(append([]string{agency}, parts...), "\x00")
		id := uuid.NewSHA1(uuid.NameSpaceOID, []byte(key))
		m.requestID, m.hash = id.String(), id[:]
	}
	return m
}

// LastRound is clerk.Office.
func (s *Server) LastRound(ctx context.Context) (r clerk.Round, err error) {
	err = s.store.View(ctx, func(reader storage.Reader) error {
		r, _, err = kept[clerk.Round](reader, "", clerkObject)
		return err
	})
	return r, err
}

// RecordRound is clerk.Office.
func (s *Server) RecordRound(ctx context.Context, began, r clerk.Round) error {
	return s.update(ctx, "", func(w storage.Writer) error {
		was, before, err := kept[clerk.Round](w, "", clerkObject)
		if err != nil {
			return err
		}
		if r.Distrust == began.Distrust && was.Distrust == "" {
			r.Distrust = "" // a person trusted the clock while the round was under way
		}
		_, err = s.byClock("").keep(w, clerkObject, "clerk_round", before, r)
		return err
	})
}

// GetClerk returns when the clerk last went round and what it found.
func (s *Server) GetClerk(ctx context.Context, _ *pb.GetClerkRequest) (*pb.Clerk, error) {
	r, err := s.LastRound(ctx)
	if err != nil {
		return nil, err
	}
	return s.clerkPB(ctx, r), nil
}

func (s *Server) clerkPB(ctx context.Context, r clerk.Round) *pb.Clerk {
	out := &pb.Clerk{Dead: s.dead(r), Lapses: int32(r.Lapses), Waiting: int32(r.Waiting)}
	if !r.Time.IsZero() {
		out.RunTime = timestamppb.New(r.Time)
	}
	if !r.DeadTo.IsZero() {
		out.DeadFromTime, out.DeadToTime = timestamppb.New(r.DeadFrom), timestamppb.New(r.DeadTo)
	}
	out.Distrust = distrustText(callOf(ctx).lang, r.Distrust)
	return out
}

// dead reports whether no clerk goes round.
func (s *Server) dead(r clerk.Round) bool {
	return r.Time.IsZero() || s.now().Sub(r.Time) > clerk.Silence
}

// clerkWarnings are what whoever looks at deadlines must know of the clerk. Where none ever
// ran, none is missed.
func (s *Server) clerkWarnings(lang language, r clerk.Round) (list []string) {
	if !r.Time.IsZero() && s.dead(r) {
		at := r.Time.In(shanghai).Format("2006-01-02 15:04")
		list = append(list, fmt.Sprintf(lang.pick("自动办理自%s起没有运行：届满事项没有记录，提醒没有发出；以下期限和风险按事实计算，不受影响（gongkai clerk status）",
			"the clerk has not gone round since %s: lapses are not recorded and reminders not sent; dates and risks below follow from facts and hold (gongkai clerk status)"), at))
	}
	if text := distrustText(lang, r.Distrust); text != "" {
		list = append(list, text)
	}
	return list
}

func distrustText(lang language, why clerk.Distrust) string {
	switch why {
	case clerk.JumpedBack:
		return lang.pick("时钟倒退超过2分钟；请核对系统时间后确认（gongkai clerk trust）", "the clock went back by over two minutes; check it, then say so (gongkai clerk trust)")
	case clerk.JumpedForward:
		return lang.pick("时钟前跳或停机超过24小时；请核对系统时间后确认（gongkai clerk trust）", "the clock went forward, or the machine was off, by over 24 hours; check it, then say so (gongkai clerk trust)")
	}
	return ""
}

// TrustClock says that the clock is right after it jumped.
func (s *Server) TrustClock(ctx context.Context, req *pb.TrustClockRequest) (*pb.Clerk, error) {
	if callOf(ctx).principal.Agency != "" {
		return nil, failf(pb.Reason_ROLE_NOT_ALLOWED, "时钟对全部机关生效，只有系统管理员可以确认",
			"the clock holds for all agencies: only an administrator of the installation says that it is right")
	}
	if strings.TrimSpace(req.GetReason()) == "" {
		return nil, invalid("reason", "请写明如何核对了时钟", "say how the clock was checked")
	}
	if err := checkText("reason", req.GetReason(), maxReason, true); err != nil {
		return nil, err
	}
	m, err := s.mutate(ctx, "", req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	var r clerk.Round
	err = s.update(ctx, "", func(w storage.Writer) error {
		if e, err := m.done(w); err != nil || e != nil {
			if err == nil {
				err = decodeFacts(e, &r)
			}
			return err
		}
		round, before, err := kept[clerk.Round](w, "", clerkObject)
		if err != nil {
			return err
		}
		// When the clerk went round stays as it is: a clerk that stands still does not run again
		// because somebody looked at the clock.
		round.Version, round.Distrust, round.Reason = 1, "", req.GetReason()
		_, err = m.keep(w, clerkObject, "trust_clock", before, round)
		r = round
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.clerkPB(ctx, r), nil
}

// maxReason is the most characters of a reason that is kept outside a case.
const maxReason = 2000

// Lapse is clerk.Office: it tries to record, of every open application that waits for
// somebody, that the time is over. Whether it is, say the guards of the workflow. Where a
// date is provisional nothing lapses by itself.
func (s *Server) Lapse(ctx context.Context) (done int, err error) {
	if err := s.follow(ctx, true); err != nil {
		return 0, err
	}
	err = s.eachAgency(ctx, func(a storage.Agency) error {
		rules := s.law(a)
		if rules.Calendar.Provisional(s.today()) {
			return nil
		}
		n, err := s.lapseIn(ctx, a, rules)
		done += n
		return err
	})
	return done, err
}

// eachAgency calls fn with every agency, outside any View. What goes wrong in one keeps no
// other waiting.
func (s *Server) eachAgency(ctx context.Context, fn func(storage.Agency) error) (failed error) {
	for after := ""; ; {
		var list []storage.Agency
		err := s.store.View(ctx, func(r storage.Reader) (err error) {
			list, err = r.Agencies(after, maxRows)
			return err
		})
		if err != nil {
			return errors.Join(failed, err)
		}
		for _, a := range list {
			if err := fn(a); err != nil {
				failed = errors.Join(failed, fmt.Errorf("agency %s: %w", a.ID, err))
			}
			after = a.ID
		}
		if len(list) < maxRows || ctx.Err() != nil {
			return errors.Join(failed, ctx.Err())
		}
	}
}

// lapseIn goes through the applications of an agency that wait for somebody.
func (s *Server) lapseIn(ctx context.Context, agency storage.Agency, rules workflow.Rules) (done int, err error) {
	q := storage.Query{Order: storage.ByDue, Limit: maxRows, States: []workflow.State{
		workflow.SupplementPending, workflow.Consulting, workflow.FeePending,
	}}
	for {
		var list []*workflow.Application
		err := s.store.View(ctx, func(r storage.Reader) (err error) {
			list, err = r.Applications(agency.ID, q)
			return err
		})
		if err != nil {
			return done, err
		}
		for _, a := range list {
			if err := rules.Fold(a); err != nil {
				return done, err
			}
			q.AfterDue, q.After = rules.Deadline(a).Due, a.ID
			for _, act := range rules.Lapsing(a, s.today()) {
				n, err := s.lapse(ctx, a, act)
				if done += n; err != nil {
					return done, err
				}
			}
		}
		if len(list) < q.Limit {
			return done, nil
		}
	}
}

// lapse records one act of time. A refusal is no error: meanwhile somebody did something.
func (s *Server) lapse(ctx context.Context, a *workflow.Application, act workflow.Act) (int, error) {
	m := s.byClock(a.Agency, fmt.Sprint(a.ID), fmt.Sprint(a.Revision), string(act.Action), fmt.Sprint(act.Consultation))
	err := s.change(ctx, a.Agency, false, func(r storage.Reader, w storage.Writer) error {
		b, err := s.bench(ctx, r, a.Agency)
		if err != nil {
			return err
		}
		b.by = theClock
		_, err = b.act(m, w, idText(a.ID), "", []step{{path: "actions[0]", act: act}})
		return err
	})
	if _, ok := errors.AsType[*workflow.Refusal](err); ok {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("application %s: %w", a.ApplicationNo, err)
	}
	return 1, nil
}
