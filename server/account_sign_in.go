package server

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/onetime"
	"gongkai/storage"
	"gongkai/workflow"
)

// signInPrefix tells the token of a sign-in from that of a principal.
const signInPrefix = "gs_"

// Why an attempt to sign in is refused, for the record: the caller is told one thing.
const (
	whyUnknown  = "unknown" // no such principal, or it is removed
	whyNone     = "no password"
	whyLocked   = "locked"
	whyPassword = "password"
	whyExpired  = "one-time password expired"
	whyCode     = "code"
	whyNoCode   = "code missing"
	whyIdentity = "identity unknown" // no principal is linked to it
	whyAnswer   = "identity refused" // what the identity provider answered is not taken
	whyReplayed = "identity replayed"
	whyTerminal = "terminal" // an administrator, from a network that is not set for them
)

// signInRefused is one answer for whatever is wrong.
func signInRefused() *fault {
	return failf(pb.Reason_SIGN_IN_REFUSED, "账号、口令或者动态验证码不正确，或者账号已锁定（连续%[1]d次失败锁定%[2]d分钟）",
		"account, password or one-time code is wrong, or the account is locked (%[1]d failures lock it for %[2]d minutes)", mostFailures, int(lockAge.Minutes()))
}

func codeRequired() *fault {
	return failf(pb.Reason_ONE_TIME_CODE_REQUIRED, "请输入动态验证码或者恢复码", "give a one-time code or a recovery code as well")
}

// attempt is one attempt to sign in.
type attempt struct {
	mutation
	server    *Server
	id        string // of the account
	code      string // one-time code or recovery code, as given
	from      source
	principal storage.Principal
	seen      storage.Credential // as it was when the password was compared
	familiar  bool               // the account signed in from there before
	right     bool               // the password is the one that was seen
	rehash    string             // of the same password at today's cost; empty: it need not be
	stored    storage.Credential // as it is when the attempt is judged
	factor    string             // what was shown beside the password
	way       storage.Way
	proof     []byte                    // to what the answer of an identity provider was bound
	terminal  func(workflow.Role) error // refuses a role that may not work from there
}

// SignIn signs in.
func (s *Server) SignIn(ctx context.Context, req *pb.SignInRequest) (*pb.SignInResponse, error) {
	if err := checkSecret("password", req.GetPassword()); err != nil {
		return nil, err
	}
	if len(req.GetOneTimeCode()) > maxCode {
		return nil, invalid("one_time_code", "动态验证码过长", "the one-time code is too long")
	}
	agency, id, ok := accountIn(req.GetAccount())
	if !ok || len(req.GetAccount()) > maxAccount {
		return nil, invalid("account", "账号应为“机关代码/用户名”，系统管理员为“用户名”", "account must be {agency}/{principal}, or {principal} of the whole installation")
	}
	leave, err := s.strangers.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	a := &attempt{
		terminal: func(role workflow.Role) error { return s.accounts.Terminals.admit(ctx, role) },
		mutation: mutation{agency: agency, actor: stranger, now: s.now().Truncate(time.Microsecond)}, server: s,
		id: id, code: req.GetOneTimeCode(), from: sourceOf(ctx), way: storage.ByPassword,
	}
	if err := a.look(ctx); err != nil {
		return nil, err
	}
	if err := a.barred(); err != nil {
		return nil, err
	}
	if err := a.compare(ctx, req.GetPassword()); err != nil {
		return nil, err
	}
	return a.settle(ctx)
}

// look finds the account, if there is one.
func (a *attempt) look(ctx context.Context) error {
	return a.server.store.View(ctx, func(r storage.Reader) (err error) {
		a.principal, a.seen, err = account(r, a.agency, a.id)
		if errors.Is(err, storage.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		list, err := r.SignIns(a.agency, a.id)
		a.familiar = slices.ContainsFunc(list, func(x storage.SignIn) bool {
			return x.Address == a.from.address && a.now.Sub(x.CreateTime) < signInKept
		})
		return err
	})
}

// barred refuses strangers from where too many failures came.
func (a *attempt) barred() error {
	wait := a.server.sources.barred(a.from.address, a.now)
	if wait == 0 || a.familiar {
		return nil
	}
	minutes := int(wait.Minutes()) + 1
	f := failf(pb.Reason_SOURCE_LOCKED, "您所在的网络地址登录失败次数过多，暂停登录；请%[1]d分钟后再试，或者换一台用过的计算机",
		"too many failures to sign in came from your address; try again in %[1]d "+workflow.Plural(minutes, "minute", "minutes")+", or from a machine that you used before", minutes)
	f.retry = wait
	return f
}

// compare does the work of one hash, whether there is an account or not.
func (a *attempt) compare(ctx context.Context, password string) (err error) {
	hasher := a.server.accounts.Hasher
	if a.right, err = hasher.Matches(ctx, a.seen.Password, password); err != nil {
		return err
	}
	if a.right && hasher.Outdated(a.seen.Password) {
		a.rehash, err = hasher.Hash(ctx, password)
	}
	return err
}

// settle decides alone in the register, so that of many attempts at once no more are
// heard than one after another.
func (a *attempt) settle(ctx context.Context) (*pb.SignInResponse, error) {
	if a.principal.ID == "" { // a name of which nothing is known stands in no record: it may be a password
		a.agency = ""
	}
	if !a.familiar {
		defer a.server.sources.turn(a.from.address)()
		if err := a.barred(); err != nil { // others from there failed while this one was compared
			return nil, err
		}
	}
	token := signInPrefix + rand.Text()
	var out *pb.SignInResponse
	var refusal error
	err := a.server.update(ctx, a.agency, func(w storage.Writer) (err error) {
		out, refusal, a.actor = nil, nil, stranger
		c, why, err := a.judge(w)
		if err != nil {
			return err
		}
		if why != "" {
			if refusal = refusalFor(why); why == whyTerminal {
				refusal = a.terminal(a.principal.Role)
			}
			return a.refuse(w, why)
		}
		out, err = a.admit(w, c, token)
		return err
	})
	if err != nil {
		return nil, err
	}
	if refusal != nil && !a.familiar && codeOfFault(refusal) != pb.Reason_ONE_TIME_CODE_REQUIRED {
		a.server.sources.fail(a.from.address, a.now)
	}
	return out, refusal
}

func refusalFor(why string) error {
	if why == whyNoCode {
		return codeRequired()
	}
	return signInRefused()
}

func codeOfFault(err error) pb.Reason {
	if f := faultOf(err); f != nil {
		return f.reason
	}
	return pb.Reason_REASON_UNSPECIFIED
}

// judge says why an attempt is refused, if it is. The credential that it returns is the
// stored one as the attempt changes it.
func (a *attempt) judge(r storage.Reader) (c storage.Credential, why string, err error) {
	if a.principal.ID == "" {
		return c, whyUnknown, nil
	}
	p, c, err := account(r, a.agency, a.id)
	a.stored, a.factor = c, ""
	switch {
	case err != nil:
		return c, "", err
	case !p.RemoveTime.IsZero():
		return c, whyUnknown, nil
	case c.Password == "":
		return c, whyNone, nil
	case c.Password != a.seen.Password:
		return c, "", storage.ErrStale
	case a.now.Before(c.LockTime):
		return c, whyLocked, nil
	case !a.right:
		return c, whyPassword, nil
	case c.Given && !a.now.Before(a.server.passwordUntil(&c)):
		return c, whyExpired, nil
	case c.Code != nil && a.code == "":
		return c, whyNoCode, nil
	}
	if c.Code != nil {
		if a.factor = takeFactor(&c, a.code, a.now); a.factor == "" {
			return c, whyCode, nil
		}
	}
	if a.terminal(p.Role) != nil { // said to nobody who has not shown all the rest
		return c, whyTerminal, nil
	}
	return c, "", nil
}

// What somebody showed beside the password.
const (
	factorCode     = "code"
	factorRecovery = "recovery"
)

// takeFactor takes a one-time code or a recovery code off what is still accepted; "" if it is
// neither.
func takeFactor(c *storage.Credential, code string, now time.Time) string {
	if step, ok := onetime.Match(c.Code, code, now, c.CodeStep); ok {
		c.CodeStep = step
		return factorCode
	}
	if i := slices.Index(c.Recovery, storage.Digest(onetime.Sum(code))); i >= 0 {
		c.Recovery = slices.Delete(slices.Clone(c.Recovery), i, i+1)
		return factorRecovery
	}
	return ""
}

// refuse records a refusal, and counts it where something was guessed.
func (a *attempt) refuse(w storage.Writer, why string) error {
	object := "refused/AccountService/SignIn"
	if a.principal.ID != "" {
		object = storage.PrincipalObject(a.id)
	}
	e, err := a.signInEvent(object, actionSignInRefuse, signInFacts{Why: why}, a.from)
	if err != nil {
		return err
	}
	if why != whyPassword && why != whyCode {
		return w.Record(e)
	}
	return a.countFailure(w, a.stored, a.from, e)
}

// countFailure counts a guess at an account, as it is stored, and locks it after the fifth.
func (m mutation) countFailure(w storage.Writer, c storage.Credential, from source, events ...storage.Event) error {
	c.Failures++
	if c.Failures >= mostFailures {
		c.Failures, c.LockTime = 0, m.now.Add(lockAge)
		e, err := m.signInEvent(storage.PrincipalObject(c.Principal), actionLock, signInFacts{}, from)
		if err != nil {
			return err
		}
		events = append(events, e)
	}
	return w.PutCredential(c, events...)
}

// admit stores a new sign-in and what it changes of the credential.
func (a *attempt) admit(w storage.Writer, c storage.Credential, token string) (*pb.SignInResponse, error) {
	a.actor = principalName(a.principal)
	if err := a.keep(w, &c); err != nil {
		return nil, err
	}
	return a.open(w, c, token)
}

// open stores a new sign-in.
func (a *attempt) open(w storage.Writer, c storage.Credential, token string) (*pb.SignInResponse, error) {
	if err := a.makeRoom(w); err != nil {
		return nil, err
	}
	facts := signInFacts{Factor: a.factor}
	if a.way != storage.ByPassword {
		facts.Way = string(a.way)
	}
	e, err := a.signInEvent(storage.PrincipalObject(a.id), actionSignIn, facts, a.from)
	if err != nil {
		return nil, err
	}
	x := storage.SignIn{
		Principal: a.id, TokenHash: hashOf(token), CreateTime: a.now, SeenTime: a.now, ExpireTime: a.now.Add(signInAge),
		Address: a.from.address, Agent: a.from.agent, Way: a.way, Proof: a.proof,
	}
	if err := w.InsertSignIn(&x, a.now.Add(-signInKept), e); err != nil {
		return nil, err
	}
	return &pb.SignInResponse{
		Token: token, ExpireTime: timestamppb.New(x.ExpireTime), Account: a.server.accountPB(a.principal, &c, a.way), SignIn: signInName(&x),
	}, nil
}

// keep stores what a sign-in changes of the credential.
func (a *attempt) keep(w storage.Writer, c *storage.Credential) error {
	c.Failures, c.LockTime = 0, time.Time{}
	var acts []string
	if a.factor == factorRecovery {
		acts = append(acts, actionUseRecovery)
	}
	if a.rehash != "" {
		c.Password, acts = a.rehash, append(acts, actionRehashPassword)
	}
	for _, action := range acts {
		if err := a.putCredential(w, *c, action, 0); err != nil {
			return err
		}
		c.Revision++
	}
	if len(acts) == 0 && (a.stored.Failures > 0 || !a.stored.LockTime.IsZero() || a.factor != "") {
		return w.PutCredential(*c)
	}
	return nil
}

// makeRoom ends the oldest sign-ins of an account that has too many.
func (a *attempt) makeRoom(w storage.Writer) error {
	list, err := w.SignIns(a.agency, a.id)
	if err != nil {
		return err
	}
	open := 0
	for i := range list {
		if !list[i].EndTime.IsZero() || !a.now.Before(list[i].ExpireTime) {
			continue
		}
		if open++; open < mostSignIns {
			continue
		}
		if err := w.EndSignIn(list[i].ID, a.now); err != nil {
			return err
		}
	}
	return nil
}

func signInName(x *storage.SignIn) string {
	return principalName(storage.Principal{Agency: x.Agency, ID: x.Principal}) + "/signIns/" + idText(x.ID)
}

// signInOf splits …/principals/{principal}/signIns/{id}.
func signInOf(name string) (principal, id string, err error) {
	principal, id, ok := strings.Cut(name, "/signIns/")
	if !ok || principal == "" || id == "" || strings.Contains(id, "/") {
		return "", "", invalid("name", "name应为…/principals/{用户}/signIns/{登录}，收到“%s”", "name must be …/principals/{principal}/signIns/{sign_in}, got %q", name)
	}
	return principal, id, nil
}
