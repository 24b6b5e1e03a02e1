package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"gongkai/client"
)

// passwordFlag adds a flag for a file that holds a password. Without it a terminal is
// asked; whoever is none gives it as the next line of stdin.
func passwordFlag(cmd *cobra.Command, name string, help text) *string {
	return cmd.Flags().String(name, "", help.String())
}

// connectWithout connects without a token: that of the last sign-in may lie where the next
// one is to be written.
func (a *app) connectWithout(ctx context.Context) (*client.Client, error) {
	a.tokenless = true
	return a.connect(ctx)
}

// password reads a password. It is what stands on the line, blanks at its ends included.
func (a *app) password(file string, prompt text) (string, error) {
	if file != "" && file != "-" {
		return a.secretFile(file)
	}
	if f, ok := a.stdin.(*os.File); ok && file == "" && term.IsTerminal(int(f.Fd())) {
		fmt.Fprintf(a.stderr, "%s: ", prompt.in(a.lang))
		raw, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(a.stderr)
		if err != nil {
			return "", &failure{code: exitUsage, text: text{"没有读到口令", "no password was read"}, err: err}
		}
		return string(raw), nil
	}
	if a.lines == nil {
		a.lines = bufio.NewReader(a.stdin)
	}
	line, err := a.lines.ReadString('\n')
	if err != nil && (!errors.Is(err, io.EOF) || line == "") {
		return "", usage(text{
			"请输入" + prompt.zh + "：从终端、标准输入的一行，或者文件", "give the " + prompt.en + ": at the terminal, as a line of stdin, or in a file",
		})
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// newPassword reads a password to be set; a terminal is asked twice.
func (a *app) newPassword(file string) (string, error) {
	first, err := a.password(file, text{"新口令", "new password"})
	if f, ok := a.stdin.(*os.File); err != nil || !ok || file != "" || !term.IsTerminal(int(f.Fd())) {
		return first, err
	}
	again, err := a.password("", text{"再次输入新口令", "new password again"})
	if err == nil && again != first {
		err = usage(text{"两次输入的口令不一致", "the two passwords differ"})
	}
	return first, err
}

// secretFile is the first line of a file.
func (a *app) secretFile(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", &failure{code: exitUsage, text: text{"不能读取文件", "the file cannot be read"}, err: err}
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	return strings.TrimRight(line, "\r"), nil
}

// writePrivate replaces a file by one that only its owner reads, whole or not at all.
func writePrivate(path, line string) error {
	beside := path + ".new"
	if err := os.Remove(beside); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("make room for %s: %w", beside, err)
	}
	file, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		_, err = fmt.Fprintln(file, line)
		err = errors.Join(err, file.Close())
	}
	if err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		return &failure{code: exitOther, text: text{"已登录，但令牌没有写入；请换一个文件重新登录", "signed in, but the token could not be written: sign in again with another file"}, err: err}
	}
	return nil
}
