// Package onetime makes and checks the codes that are asked for beside a password: those of
// an authenticator (TOTP, RFC 6238, as all of them have it: SHA-1, six digits, 30 seconds)
// and recovery codes for the day on which the device is lost. It stores nothing: that a code
// is taken once only is for whoever keeps what it returns.
package onetime

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6238; HMAC-SHA-1 is not broken, and authenticators know no other
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

const (
	// Period is how long a code holds.
	Period     = 30 * time.Second
	digits     = 6
	modulus    = 1_000_000
	secretSize = 20
	// drift is how many periods the clock of a device may be off.
	drift = 1
)

// RecoveryCodes is how many of them an account gets.
const RecoveryCodes = 10

var b32 = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret makes a secret of 160 random bits.
func NewSecret() []byte {
	secret := make([]byte, secretSize)
	rand.Read(secret) // never fails
	return secret
}

// Text is a secret as people type it in.
func Text(secret []byte) string { return b32.EncodeToString(secret) }

// URI is what an authenticator reads from a picture or a link.
func URI(issuer, account string, secret []byte) string {
	q := url.Values{
		"secret": {Text(secret)}, "issuer": {issuer}, "algorithm": {"SHA1"},
		"digits": {fmt.Sprint(digits)}, "period": {fmt.Sprint(int(Period.Seconds()))},
	}
	return "otpauth://totp/" + url.PathEscape(issuer+":"+account) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// Step is the number of the period that an instant lies in.
func Step(at time.Time) int64 { return at.Unix() / int64(Period/time.Second) }

// Code is the code of a period.
func Code(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	_, _ = mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step))) // a hash takes everything
	sum := mac.Sum(nil)
	n := binary.BigEndian.Uint32(sum[sum[len(sum)-1]&0xf:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", digits, n%modulus)
}

// Match finds the period of which a code is, among those about an instant that come after a
// period given. Whoever accepts it must keep that period, and accept none up to it again.
func Match(secret []byte, code string, at time.Time, after int64) (step int64, ok bool) {
	code = compact(code)
	now := Step(at)
	for s := now - drift; s <= now+drift; s++ {
		if subtle.ConstantTimeCompare([]byte(Code(secret, s)), []byte(code)) == 1 && s > after && !ok {
			step, ok = s, true
		}
	}
	return step, ok
}

// NewRecovery makes a recovery code of 80 random bits, in groups that can be read aloud.
func NewRecovery() string {
	text := rand.Text()
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:16]}, "-")
}

// Sum is what is kept of a recovery code. It is random, so that a fast hash will do.
func Sum(recovery string) [sha256.Size]byte { return sha256.Sum256([]byte(compact(recovery))) }

// compact takes a code as people type it: with blanks or hyphens, in either case.
func compact(code string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code))
}
