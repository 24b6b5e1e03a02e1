package main_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// parsed reads a JSON file of the script; stdout and stderr are those of the last program.
func parsed(ts *testscript.TestScript, file string) any {
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile(file)))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		ts.Fatalf("%s is not JSON: %v\n%s", file, err, ts.ReadFile(file))
	}
	if decoder.More() {
		ts.Fatalf("%s has more than one value", file)
	}
	return value
}

// at follows a path like /figures/rows/denied.stateSecret/total; len at its end is a length.
func at(value any, path string) (any, error) {
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		switch v := value.(type) {
		case map[string]any:
			inner, ok := v[part]
			if part == "len" {
				inner, ok = json.Number(strconv.Itoa(len(v))), true
			}
			if !ok {
				return nil, fmt.Errorf("no key %s", part)
			}
			value = inner
		case []any:
			i, err := strconv.Atoi(part)
			switch {
			case part == "len":
				value = json.Number(strconv.Itoa(len(v)))
			case err != nil || i >= len(v):
				return nil, fmt.Errorf("no element %s of %d", part, len(v))
			default:
				value = v[i]
			}
		default:
			return nil, fmt.Errorf("%s is in neither an object nor an array", part)
		}
	}
	return value, nil
}

func textOf(value any) (string, error) {
	if s, ok := value.(string); ok {
		return s, nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return strings.TrimSpace(b.String()), err
}

// jsonAt is [!] json FILE PATH VALUE [PATH VALUE…]: the values at paths, text as it is and
// all else as JSON.
func jsonAt(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 3 || len(args)%2 != 1 {
		ts.Fatalf("usage: [!] json FILE PATH VALUE [PATH VALUE…]")
	}
	root := parsed(ts, args[0])
	for i := 1; i < len(args); i += 2 {
		value, err := at(root, args[i])
		if err != nil {
			ts.Fatalf("%s: %v\n%s", args[i], err, ts.ReadFile(args[0]))
		}
		got, err := textOf(value)
		ts.Check(err)
		if (got == args[i+1]) == neg {
			ts.Fatalf("%s is %.2000s; the script says %s (not: %v)", args[i], got, args[i+1], neg)
		}
	}
}

// jsonEnv VARIABLE FILE PATH keeps a value for later commands.
func jsonEnv(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: jsonenv VARIABLE FILE PATH")
	}
	value, err := at(parsed(ts, args[1]), args[2])
	ts.Check(err)
	text, err := textOf(value)
	ts.Check(err)
	ts.Setenv(args[0], text)
}

// jsonEqual FILE WANT compares whole documents; the text "…" in WANT stands for any text
// that is not empty.
func jsonEqual(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: jsoneq FILE WANT")
	}
	want := parsed(ts, args[1])
	if diff := cmp.Diff(want, masked(parsed(ts, args[0]), want)); diff != "" {
		ts.Fatalf("%s is not %s (-want +got):\n%s\n%s", args[0], args[1], diff, ts.ReadFile(args[0]))
	}
}

// masked is a value with "…" wherever the wanted one has it.
func masked(value, want any) any {
	switch w := want.(type) {
	case string:
		if s, ok := value.(string); ok && w == "…" && s != "" {
			return w
		}
	case map[string]any:
		if v, ok := value.(map[string]any); ok {
			out := map[string]any{}
			for key, inner := range v {
				out[key] = masked(inner, w[key])
			}
			return out
		}
	case []any:
		if v, ok := value.([]any); ok && len(v) == len(w) {
			out := make([]any, len(v))
			for i := range v {
				out[i] = masked(v[i], w[i])
			}
			return out
		}
	}
	return value
}

// mode OCTAL FILE demands the permissions of a file.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode OCTAL FILE")
	}
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}

// certificate CERT KEY [CA CAKEY URI] makes a self-signed certificate of 127.0.0.1, or one that
// a CA signs and that names itself by a URI.
func certificate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && len(args) != 5 {
		ts.Fatalf("usage: certificate CERT KEY [CA CAKEY URI]")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "gongkai"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	issuer, by := template, any(key)
	if len(args) == 5 {
		pair, err := tls.LoadX509KeyPair(ts.MkAbs(args[2]), ts.MkAbs(args[3]))
		ts.Check(err)
		name, err := url.Parse(args[4])
		ts.Check(err)
		template.IsCA, template.IPAddresses, template.URIs = false, nil, []*url.URL{name}
		issuer, by = pair.Leaf, pair.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), by)
	ts.Check(err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	for file, block := range map[string]*pem.Block{
		args[0]: {Type: "CERTIFICATE", Bytes: der},
		args[1]: {Type: "PRIVATE KEY", Bytes: secret},
	} {
		ts.Check(os.WriteFile(ts.MkAbs(file), pem.EncodeToMemory(block), 0o600))
	}
}
