package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

// signingKey reads the key that frozen reports are signed with (PEM, PKCS #8, Ed25519),
// and makes one where the file is not there yet. Without a path nothing is signed.
func signingKey(path string) (ed25519.PrivateKey, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return newSigningKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the signing key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, notAKey(path, errors.New("it is no PEM"))
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, notAKey(path, err)
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, notAKey(path, fmt.Errorf("it is a %T", key))
	}
	return private, nil
}

func notAKey(path string, err error) error {
	return &misuse{
		"签名私钥文件“" + path + "”应为PEM格式（PKCS #8）的Ed25519私钥；文件不存在时会自动生成",
		fmt.Errorf("reading the signing key %s: %w; give an Ed25519 key in PEM (PKCS #8), or a path where none lies to have one made", path, err),
	}
}

// newSigningKey makes a key that only its owner reads. It is on disk before anything is
// signed with it.
func newSigningKey(path string) (ed25519.PrivateKey, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("making the signing key: %w", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("writing the signing key: %w", err)
	}
	err = pem.Encode(file, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("writing the signing key: %w", err)
	}
	return private, nil
}
