package server

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/password"
	"gongkai/server/signon"
	"gongkai/storage"
	"gongkai/workflow"
)

// Accounts says how people sign in. The zero value is the profile of 等保 at the standard
// cost of a hash.
type Accounts struct {
	Profile password.Profile
	Hasher  *password.Hasher
	// SingleSignOn is the identity provider by which people may sign in as well; nil: none.
	SingleSignOn *signon.Provider
	// Terminals are the networks from which administrators of all duties work; nil: everywhere.
	Terminals Terminals
}

// hashesAtOnce bounds the memory that hashing takes: 46 MiB each. mostStrangers is how many
// wait for it who have shown no token: the places of the others stay free.
const (
	hashesAtOnce  = 2
	mostStrangers = 16
)

func (a Accounts) withDefaults() Accounts {
	if a.Profile.Name == "" {
		a.Profile = password.DengBao
	}
	a.Hasher = cmp.Or(a.Hasher, password.NewHasher(password.Standard, hashesAtOnce))
	return a
}

// How long things last.
const (
	signInIdle   = 30 * time.Minute // without a call
	signInAge    = 12 * time.Hour
	signInKept   = 30 * 24 * time.Hour // in the list of where somebody signed in from
	seenEvery    = time.Minute
	givenAge     = 72 * time.Hour // of a password that an administrator gave out
	lockAge      = 30 * time.Minute
	mostFailures = 5
	mostSignIns  = 50 // of one account at a time; the oldest gives way
)

// strangers bounds the calls of those who have shown no token.
type strangers chan struct{}

// enter takes a place, or refuses at once.
func (s strangers) enter() (leave func(), err error) {
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	default:
		return nil, overloaded(time.Second, "登录的人过多；请稍后重试", "too many sign in at once; try again later")
	}
}

// What of a request to sign in is read at all.
const (
	maxAccount  = 200
	maxPassword = 1024 // bytes
	maxCode     = 64
	maxAgent    = 200
)

// self is the caller's own principal in names.
const self = "principals/me"

// accountIn finds out whose account a name means: {agency}/{principal}, {principal} alone,
// or a resource name.
func accountIn(name string) (agency, id string, ok bool) {
	if strings.HasPrefix(name, "agencies/") || strings.HasPrefix(name, "principals/") {
		agency, id, err := principalIn(name)
		return agency, id, err == nil
	}
	agency, id, found := strings.Cut(name, "/")
	if !found {
		agency, id = "", name
	}
	return agency, id, id != "" && !strings.Contains(id, "/") && (agency != "" || !found)
}

// checkSecret refuses what cannot be a password, before anything is done with it.
func checkSecret(field, text string) error {
	switch {
	case text == "":
		return invalid(field, "请填写%[1]s", "give %[1]s", field)
	case len(text) > maxPassword:
		return invalid(field, "%[1]s过长：至多%[2]d字节", "%[1]s is too long: at most %[2]d bytes", field, maxPassword)
	}
	return nil
}

// pending is what an account has still to do before whoever signed in by some way may do
// anything else. A password that was not shown need not be changed.
func (s *Server) pending(p storage.Principal, c *storage.Credential, way storage.Way) (list []pb.Account_Step) {
	if way == storage.ByToken || way == storage.ByFactor {
		return nil
	}
	until := s.passwordUntil(c)
	if way == storage.ByPassword && (c.Given || !until.IsZero() && !s.now().Before(until)) {
		list = append(list, pb.Account_CHANGE_PASSWORD)
	}
	switch {
	case c.Code == nil && p.Role.Administers():
		list = append(list, pb.Account_ENROL_ONE_TIME_CODE)
	case c.Code != nil && way == storage.ByIdentity:
		list = append(list, pb.Account_VERIFY_ONE_TIME_CODE)
	}
	return list
}

// passwordUntil is when a password has to be changed or, of one given out, ends; zero: never.
func (s *Server) passwordUntil(c *storage.Credential) time.Time {
	switch {
	case c.Password == "":
	case c.Given:
		return c.SetTime.Add(givenAge)
	case s.accounts.Profile.Age > 0:
		return c.SetTime.Add(s.accounts.Profile.Age)
	}
	return time.Time{}
}

// accountPB shows an account to whoever signed in by some way; one that cannot sign in has
// a zero credential.
func (s *Server) accountPB(p storage.Principal, c *storage.Credential, way storage.Way) *pb.Account {
	out := &pb.Account{
		Principal: principalName(p), HasPassword: c.Password != "", IdentitySubject: c.Subject, IdentityIssuer: c.Issuer,
	}
	if c.Revision == 0 {
		return out
	}
	if out.GetHasPassword() {
		out.PasswordSetTime = timestamppb.New(c.SetTime)
	}
	if until := s.passwordUntil(c); !until.IsZero() {
		out.PasswordExpireTime = timestamppb.New(until)
	}
	out.HasOneTimeCode, out.RecoveryCodesLeft = c.Code != nil, int32(len(c.Recovery))
	if s.now().Before(c.LockTime) {
		out.LockExpireTime = timestamppb.New(c.LockTime)
	}
	out.PendingSteps = s.pending(p, c, way)
	return out
}

// GetAccount returns the state of an account.
func (s *Server) GetAccount(ctx context.Context, req *pb.GetAccountRequest) (*pb.Account, error) {
	p, err := s.accountOf(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	var c storage.Credential
	err = s.store.View(ctx, func(r storage.Reader) (err error) {
		p, c, err = account(r, p.Agency, p.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	way := storage.ByPassword
	if by := callOf(ctx); by.signIn != 0 && by.principal.Agency == p.Agency && by.principal.ID == p.ID {
		way = by.way
	}
	return s.accountPB(p, &c, way), nil
}

// accountOf finds whose account a call is about: the caller's own, or for administrators
// anybody's within reach. Only Agency and ID of what it returns are known.
func (s *Server) accountOf(ctx context.Context, name string) (storage.Principal, error) {
	c := callOf(ctx)
	if name == "" || name == self || name == principalName(c.principal) {
		return c.principal, nil
	}
	if len(c.pending) > 0 {
		return storage.Principal{}, pendingFault(c.pending[0])
	}
	if !slices.Contains(workflow.Managers(), c.principal.Role) {
		return storage.Principal{}, failf(pb.Reason_ROLE_NOT_ALLOWED, "只有管理员可以查看、办理他人的账号", "only an administrator deals with the accounts of others")
	}
	agency, id, err := principalIn(name)
	if err != nil {
		return storage.Principal{}, err
	}
	return storage.Principal{Agency: agency, ID: id}, s.reach(ctx, c, agency)
}

// account reads a principal and what it signs in with; the credential is zero where there
// is none.
func account(r storage.Reader, agency, id string) (p storage.Principal, c storage.Credential, err error) {
	p, err = r.Principal(agency, id)
	if err == nil {
		c, err = r.Credential(agency, id)
	}
	if errors.Is(err, storage.ErrNotFound) && p.ID != "" {
		err = nil
	}
	return p, c, err
}

// pendingFault says what a sign-in has to do first.
func pendingFault(step pb.Account_Step) *fault {
	switch step {
	case pb.Account_VERIFY_ONE_TIME_CODE:
		return failf(pb.Reason_SECOND_FACTOR_REQUIRED, "请先输入动态验证码或者恢复码", "give a one-time code or a recovery code first")
	case pb.Account_CHANGE_PASSWORD:
		return failf(pb.Reason_PASSWORD_CHANGE_REQUIRED, "口令由管理员发放或者已经到期；请先修改口令", "the password was given out or has run out: change it first")
	case pb.Account_ENROL_ONE_TIME_CODE, pb.Account_STEP_UNSPECIFIED:
	}
	return failf(pb.Reason_ENROLMENT_REQUIRED, "管理员必须使用动态验证码；请先绑定验证器", "administrators need one-time codes: enrol a device first")
}

// openToPending are the methods that a sign-in may call while something is still to do.
func openToPending(method string) bool {
	switch method {
	case pb.AccountService_SignOut_FullMethodName, pb.AccountService_GetAccount_FullMethodName,
		pb.AccountService_ChangePassword_FullMethodName, pb.AccountService_EnrolOneTimeCode_FullMethodName,
		pb.AccountService_ConfirmOneTimeCode_FullMethodName, pb.AccountService_VerifyOneTimeCode_FullMethodName, pb.PrincipalService_GetPrincipal_FullMethodName:
		return true
	}
	return false
}

// clippedText shortens a text of the caller's that is kept as it is, and takes control
// characters out.
func clippedText(text string, most int) string {
	text = strings.ToValidUTF8(text, "?")
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most])
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, text)
}
