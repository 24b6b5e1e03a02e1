package sqlstore

import (
	"database/sql/driver"
	"fmt"
	"strings"
	"time"

	"gongkai/storage"
)

// Credential is storage.Reader.
func (r *reader) Credential(agency, principal string) (c storage.Credential, err error) {
	key, err := r.keyOf(agency)
	if err == nil {
		err = r.one(`SELECT `+credentialColumns+` WHERE c.agency = $1 AND c.principal = $2`, func(v row) (err error) {
			c, err = scanCredential(v)
			return err
		}, key, principal)
	}
	if err != nil {
		return storage.Credential{}, fmt.Errorf("credential of %s: %w", principal, err)
	}
	return c, nil
}

// CredentialBySubject is storage.Reader.
func (r *reader) CredentialBySubject(issuer, subject string) (c storage.Credential, err error) {
	err = r.one(`SELECT `+credentialColumns+` WHERE c.issuer = $1 AND c.subject = $2 AND c.subject <> ''`, func(v row) (err error) {
		c, err = scanCredential(v)
		return err
	}, issuer, subject)
	if err != nil {
		return storage.Credential{}, fmt.Errorf("credential of a subject: %w", err)
	}
	return c, nil
}

const credentialColumns = `c.password, c.set_time, c.given, c.previous, c.failures, c.lock_time, c.code, c.code_step, c.recovery,
	c.proposed_code, c.proposed_recovery, c.revision, a.id, c.principal, c.issuer, c.subject FROM credential c JOIN agency a ON a.key = c.agency`

func scanCredential(v row) (c storage.Credential, err error) {
	c = storage.Credential{
		Agency: v.text(12), Principal: v.text(13), Password: v.text(0), SetTime: v.instant(1), Given: v.boolean(2),
		Failures: v.integer(4), LockTime: v.instant(5), Code: v.bytes(6), CodeStep: v.integer(7),
		ProposedCode: v.bytes(9), Revision: v.integer(11), Issuer: v.text(14), Subject: v.text(15),
	}
	if list := v.text(3); list != "" {
		c.Previous = strings.Split(list, "\n")
	}
	if c.Recovery, err = digests(v.bytes(8)); err == nil {
		c.ProposedRecovery, err = digests(v.bytes(10))
	}
	return c, err
}

// digests takes sums apart that are stored one after another.
func digests(raw []byte) (list []storage.Digest, err error) {
	var d storage.Digest
	if len(raw)%len(d) != 0 {
		return nil, fmt.Errorf("sums of %d bytes", len(raw))
	}
	for ; len(raw) > 0; raw = raw[len(d):] {
		list = append(list, storage.Digest(raw[:len(d)]))
	}
	return list, nil
}

// digestsValue is their stored form.
func digestsValue(list []storage.Digest) driver.Value {
	raw := []byte{}
	for i := range list {
		raw = append(raw, list[i][:]...)
	}
	return raw
}

// PutCredential is storage.Writer.
func (m *member) PutCredential(c storage.Credential, events ...storage.Event) error {
	if _, err := m.Principal(m.id, c.Principal); err != nil {
		return fmt.Errorf("put credential: %w", err)
	}
	_, err := m.exec(`INSERT INTO credential (agency, principal, password, set_time, given, previous, failures, lock_time, code,
		code_step, recovery, proposed_code, proposed_recovery, revision, issuer, subject) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		ON CONFLICT (agency, principal) DO UPDATE SET password = excluded.password, set_time = excluded.set_time, given = excluded.given,
		previous = excluded.previous, failures = excluded.failures, lock_time = excluded.lock_time, code = excluded.code,
		code_step = excluded.code_step, recovery = excluded.recovery, proposed_code = excluded.proposed_code,
		proposed_recovery = excluded.proposed_recovery, revision = excluded.revision, issuer = excluded.issuer, subject = excluded.subject`,
		m.register.key, c.Principal, c.Password, c.SetTime.UnixMicro(), c.Given, strings.Join(c.Previous, "\n"), c.Failures,
		instantValue(c.LockTime), bytesValue(c.Code), c.CodeStep, digestsValue(c.Recovery), bytesValue(c.ProposedCode),
		digestsValue(c.ProposedRecovery), c.Revision, c.Issuer, c.Subject)
	if err != nil {
		return fmt.Errorf("put credential of %s: %w", c.Principal, err)
	}
	return m.Record(events...)
}

const signInColumns = `s.id, a.id, s.principal, s.token_hash, s.create_time, s.seen_time, s.expire_time, s.end_time, s.address, s.agent, s.way, s.proof
	FROM sign_in s JOIN agency a ON a.key = s.agency`

func scanSignIn(v row) storage.SignIn {
	return storage.SignIn{
		ID: v.integer(0), Agency: v.text(1), Principal: v.text(2), TokenHash: v.bytes(3), CreateTime: v.instant(4),
		SeenTime: v.instant(5), ExpireTime: v.instant(6), EndTime: v.instant(7), Address: v.text(8), Agent: v.text(9),
		Way: storage.Way(v.text(10)), Proof: v.bytes(11),
	}
}

// SignInByToken is storage.Reader.
func (r *reader) SignInByToken(hash []byte) (s storage.SignIn, err error) {
	err = r.one(`SELECT `+signInColumns+` JOIN principal p ON p.agency = s.agency AND p.id = s.principal
		WHERE s.token_hash = $1 AND s.end_time IS NULL AND p.remove_time IS NULL`, func(v row) error {
		s = scanSignIn(v)
		return nil
	}, hash)
	if err != nil {
		return s, fmt.Errorf("sign-in of a token: %w", err)
	}
	return s, nil
}

// SignIns is storage.Reader.
func (r *reader) SignIns(agency, principal string) (list []storage.SignIn, err error) {
	key, err := r.keyOf(agency)
	if err == nil {
		err = r.query(`SELECT `+signInColumns+` WHERE s.agency = $1 AND s.principal = $2 ORDER BY s.id DESC LIMIT 1000`, func(v row) error {
			list = append(list, scanSignIn(v))
			return nil
		}, key, principal)
	}
	if err != nil {
		return nil, fmt.Errorf("list sign-ins: %w", err)
	}
	return list, nil
}

// InsertSignIn is storage.Writer.
func (m *member) InsertSignIn(s *storage.SignIn, forget time.Time, e storage.Event) error {
	if _, err := m.Principal(m.id, s.Principal); err != nil {
		return fmt.Errorf("insert sign-in: %w", err)
	}
	id, err := m.insert("id", `INSERT INTO sign_in (agency, principal, token_hash, create_time, seen_time, expire_time, address, agent, way, proof)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
		m.register.key, s.Principal, s.TokenHash, s.CreateTime.UnixMicro(), s.SeenTime.UnixMicro(), s.ExpireTime.UnixMicro(), s.Address, s.Agent,
		string(s.Way), bytesValue(s.Proof))
	if err != nil {
		return fmt.Errorf("insert sign-in: %w", err)
	}
	_, err = m.exec(`DELETE FROM sign_in WHERE agency = $1 AND principal = $2 AND create_time < $3`,
		m.register.key, s.Principal, forget.UnixMicro()) // after the insert, so that no id comes again
	if err != nil {
		return fmt.Errorf("forget old sign-ins: %w", err)
	}
	if err := m.Record(e); err != nil {
		return err
	}
	s.ID, s.Agency = id, m.id
	return nil
}

// StrengthenSignIn is storage.Writer.
func (m *member) StrengthenSignIn(id int64) error {
	n, err := m.exec(`UPDATE sign_in SET way = $3 WHERE agency = $1 AND id = $2 AND way = $4 AND end_time IS NULL`,
		m.register.key, id, string(storage.ByFactor), string(storage.ByIdentity))
	if err == nil && n == 0 {
		err = storage.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("strengthen sign-in %d: %w", id, err)
	}
	return nil
}

// SeeSignIn is storage.Writer.
func (m *member) SeeSignIn(id int64, at time.Time) error {
	_, err := m.exec(`UPDATE sign_in SET seen_time = $3 WHERE agency = $1 AND id = $2 AND seen_time < $3 AND end_time IS NULL`,
		m.register.key, id, at.UnixMicro())
	if err != nil {
		return fmt.Errorf("see sign-in %d: %w", id, err)
	}
	return nil
}

// EndSignIn is storage.Writer.
func (m *member) EndSignIn(id int64, at time.Time, events ...storage.Event) error {
	n, err := m.exec(`UPDATE sign_in SET end_time = $3 WHERE agency = $1 AND id = $2 AND end_time IS NULL`,
		m.register.key, id, at.UnixMicro())
	if err == nil && n == 0 {
		err = storage.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("end sign-in %d: %w", id, err)
	}
	return m.Record(events...)
}
