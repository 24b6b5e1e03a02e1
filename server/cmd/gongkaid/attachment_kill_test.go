package main_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/verify"
	"gongkai/storage"
	"gongkai/storage/blob"
	"gongkai/storage/sqlite"
)

var (
	killCycles = flag.Int("attachment-kills", 6, "how often the service is killed while it takes attachments")
	killSeed   = flag.Uint64("attachment-seed", 0, "seed of the kills; 0: by the clock")
)

// canaryKills bounds how often the broken build may pass before the test is of no use.
const canaryKills = 40

// TestAttachmentsKilled kills the service with signal 9 in the midst of uploads. Whatever
// it acknowledged is there, each row has its content, and what is left over are drafts.
func TestAttachmentsKilled(t *testing.T) {
	k := newKiller(t, filepath.Join(binaries, "gongkaid"))
	for n := range *killCycles {
		if lost := k.cycle(); len(lost) > 0 {
			t.Fatalf("kill %d: %s", n, strings.Join(lost, "; "))
		}
	}
	t.Logf("%d kills, %d uploads acknowledged", *killCycles, k.acknowledged())
	if k.acknowledged() == 0 {
		t.Error("nothing was acknowledged, so that nothing was tested")
	}
}

// TestAttachmentsKilledCanary kills a build that writes the row before its content: the
// test above must notice.
func TestAttachmentsKilledCanary(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the service anew")
	}
	broken := filepath.Join(t.TempDir(), "gongkaid")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", "canary_attachment", "-o", broken, "gongkai/server/cmd/gongkaid").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	k := newKiller(t, broken)
	for n := range canaryKills {
		if lost := k.cycle(); len(lost) > 0 {
			t.Logf("caught at kill %d: %s", n+1, lost[0])
			return
		}
	}
	t.Errorf("%d kills of a service that writes the row first went unnoticed", canaryKills)
}

// killer starts a service over and over on one directory.
type killer struct {
	t       *testing.T
	program string
	data    string
	random  *rand.Rand
	office  string // token of an officer

	mu    sync.Mutex
	acked map[string]string // sums by resource name
}

func newKiller(t *testing.T, program string) *killer {
	t.Helper()
	seed := *killSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-attachment-seed=%d", seed)
	k := &killer{t: t, program: program, data: filepath.Join(t.TempDir(), "data"), random: rand.New(rand.NewPCG(seed, 1)), acked: map[string]string{}}
	cmd, address := k.serve()
	defer k.kill(cmd)
	admin := k.dial(address, client.WithTokenFile(filepath.Join(k.data, "admin.token")))
	ctx := t.Context()
	_, err := admin.Agencies.CreateAgency(ctx, &pb.CreateAgencyRequest{AgencyId: "own", Agency: &pb.Agency{DisplayName: "某局"}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := admin.Principals.CreatePrincipal(ctx, &pb.CreatePrincipalRequest{
		Parent: "agencies/own", PrincipalId: "wu", Principal: &pb.Principal{Role: pb.Principal_OFFICER},
	})
	if err != nil {
		t.Fatal(err)
	}
	k.office = p.GetToken()
	_, err = k.dial(address, client.WithToken(k.office)).Applications.CreateApplication(ctx, &pb.CreateApplicationRequest{
		Parent: "agencies/own", Application: &pb.Application{
			Channel: pb.Application_IN_PERSON, ArriveDate: "2026-06-09", Applicant: &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "测试甲"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (k *killer) acknowledged() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.acked)
}

// serve starts the service and returns its address.
func (k *killer) serve() (*exec.Cmd, string) {
	k.t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(k.t.Context()), k.program, "serve", "--data", k.data, "--listen", "127.0.0.1:0", "--today", "2026-06-30", "--attachments-mib", "4096")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "serving "); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return cmd, address
		}
	}
	k.t.Fatalf("it does not serve: %v\n%s", cmd.Wait(), said.String())
	return nil, ""
}

func (k *killer) kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // killed is how it must have ended
}

func (k *killer) dial(address string, token client.Option) *client.Client {
	k.t.Helper()
	c, err := client.Dial(k.t.Context(), address, token)
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { _ = c.Close() })
	return c
}

// cycle serves, uploads from several sides, kills, and returns what was lost.
func (k *killer) cycle() (lost []string) {
	k.t.Helper()
	cmd, address := k.serve()
	ctx, cancel := context.WithCancel(k.t.Context())
	var wg sync.WaitGroup
	for side := range 3 {
		c := k.dial(address, client.WithToken(k.office))
		content := rand.New(rand.NewPCG(k.random.Uint64(), uint64(side)))
		wg.Go(func() { k.upload(ctx, c, content) })
	}
	timer := time.NewTimer(time.Duration(50+k.random.IntN(400)) * time.Millisecond)
	<-timer.C
	k.kill(cmd)
	cancel()
	wg.Wait()
	return k.inspect()
}

// upload uploads until the service is gone.
func (k *killer) upload(ctx context.Context, c *client.Client, random *rand.Rand) {
	for ctx.Err() == nil {
		content := fmt.Appendf(nil, "%d\n", random.Uint64())
		content = append(content, bytes.Repeat([]byte("附件\n"), 1000+random.IntN(60_000))...)
		a, err := c.UploadAttachment(ctx, &pb.UploadAttachmentHeader{
			Parent: "agencies/own", Application: "agencies/own/applications/no:2026-00001", Kind: pb.Attachment_FORM, FileName: "x.txt",
		}, bytes.NewReader(content), nil)
		if err != nil {
			return
		}
		k.mu.Lock()
		k.acked[a.GetName()] = fmt.Sprintf("%x", sha256.Sum256(content))
		k.mu.Unlock()
	}
}

// inspect looks at what the dead service left, as gongkaid verify does.
func (k *killer) inspect() (lost []string) {
	k.t.Helper()
	path := filepath.Join(k.data, "gongkai.db")
	ctx := k.t.Context()
	register, err := sqlite.OpenReadOnly(ctx, path)
	if err != nil {
		k.t.Fatal(err)
	}
	defer register.Close()
	blobs, err := blob.OpenDirReadOnly(blob.Beside(path))
	if err != nil {
		k.t.Fatal(err)
	}
	defer blobs.Close()
	_, err = verify.Contents{Blobs: blobs, Report: func(f verify.Finding) {
		lost = append(lost, fmt.Sprintf("%s: %s", f.Object, f.Check))
	}}.Verify(ctx, register)
	if err != nil {
		k.t.Fatal(err)
	}
	there := map[string]int{}
	err = blob.Each(ctx, register, func(a *storage.Attachment) error {
		there[a.Sum.String()]++
		return nil
	})
	if err != nil {
		k.t.Fatal(err)
	}
	for name, sum := range k.acked {
		if there[sum] != 1 {
			lost = append(lost, fmt.Sprintf("%s was acknowledged and is there %d times", name, there[sum]))
		}
	}
	return append(lost, k.strangers(blob.Beside(path))...)
}

// strangers are files that are neither contents nor drafts.
func (k *killer) strangers(root string) (list []string) {
	err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() && filepath.Base(filepath.Dir(path)) != "draft" {
			if _, bad := storage.ParseDigest(e.Name()); bad != nil {
				list = append(list, path)
			}
		}
		return err
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return list
}
