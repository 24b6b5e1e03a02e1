package server

import (
	"encoding/json"
	"fmt"

	"gongkai/storage"
)

// The acts of signing in, as they are recorded. Stored strings never change. Those that
// change no credential are recorded with the principal and change nothing there.
const (
	actionSignIn         = "sign_in"
	actionSignInRefuse   = "sign_in_refuse"
	actionEndSignIn      = "end_sign_in"
	actionLock           = "lock_account"
	actionSetPassword    = "set_password"
	actionGivePassword   = "give_password"
	actionRehashPassword = "rehash_password"
	actionProposeCode    = "propose_one_time_code"
	actionConfirmCode    = "confirm_one_time_code"
	actionUseRecovery    = "use_recovery_code"
	actionShowFactor     = "show_second_factor"
	actionLinkIdentity   = "link_identity"
	actionUnlinkIdentity = "unlink_identity"
)

// stranger is who acts before anybody is known.
const stranger = "stranger"

// signInFacts tell of one attempt, or of the end of sign-ins.
type signInFacts struct {
	Version int    `json:"v"`
	Why     string `json:"why,omitempty"`    // of a refusal
	Factor  string `json:"factor,omitempty"` // beside the password: code, recovery
	Way     string `json:"way,omitempty"`    // where it was not the password
	Ended   int    `json:"ended,omitempty"`
}

// sourceWords are from where, which may name a person.
type sourceWords struct {
	Version int    `json:"v"`
	Address string `json:"address"`
	Agent   string `json:"agent"`
	Subject string `json:"subject,omitempty"` // as whom an identity provider knows the person
}

// identityWords are to whom an account was linked.
type identityWords struct {
	Version int    `json:"v"`
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
}

// credentialFacts commit to what somebody signs in with from then on.
type credentialFacts struct {
	Version int    `json:"v"`
	Sum     string `json:"sum"`
	Ended   int    `json:"ended,omitempty"` // sign-ins that ended with it
}

// CredentialSum is what an event says that Credential.Sum is after it.
func CredentialSum(e *storage.Event) (string, error) {
	var f credentialFacts
	err := decodeFacts(e, &f)
	return f.Sum, err
}

// signInEvent is one that changes no credential.
func (m mutation) signInEvent(object, action string, facts signInFacts, from source) (storage.Event, error) {
	facts.Version = 1
	raw, err := json.Marshal(facts)
	if err != nil {
		return storage.Event{}, fmt.Errorf("encoding %s: %w", action, err)
	}
	words, err := json.Marshal(sourceWords{1, from.address, from.agent, from.subject})
	if err != nil {
		return storage.Event{}, fmt.Errorf("encoding %s: %w", action, err)
	}
	return m.event(object, 0, action, raw, words), nil
}

// putCredential stores what somebody signs in with from now on, with its act.
func (m mutation) putCredential(w storage.Writer, c storage.Credential, action string, ended int, more ...storage.Event) error {
	c.Revision++
	raw, err := json.Marshal(credentialFacts{1, c.Sum(), ended})
	if err != nil {
		return fmt.Errorf("encoding a credential: %w", err)
	}
	var words []byte
	if action == actionLinkIdentity {
		if words, err = json.Marshal(identityWords{1, c.Issuer, c.Subject}); err != nil {
			return fmt.Errorf("encoding an identity: %w", err)
		}
	}
	e := m.mark(m.event(storage.CredentialObject(c.Principal), c.Revision, action, raw, words))
	return w.PutCredential(c, append(more, e)...)
}

// endSignIns ends the sign-ins of a principal but one, and returns how many there were.
func (m mutation) endSignIns(w storage.Writer, principal string, but int64) (ended int, err error) {
	list, err := w.SignIns(m.agency, principal)
	if err != nil {
		return 0, err
	}
	for i := range list {
		if s := &list[i]; s.EndTime.IsZero() && m.now.Before(s.ExpireTime) && s.ID != but {
			if err := w.EndSignIn(s.ID, m.now); err != nil {
				return 0, err
			}
			ended++
		}
	}
	return ended, nil
}
