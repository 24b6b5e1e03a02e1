package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"gongkai/server"
	"gongkai/server/attachment"
	"gongkai/server/verify"
	"gongkai/storage"
	"gongkai/storage/blob"
	"gongkai/storage/postgres"
)

// attachmentFlags say what the files of cases may cost and who looks into them.
type attachmentFlags struct {
	fileMiB, caseMiB int64
	scanner          string
}

func (f *attachmentFlags) define(c *cobra.Command) {
	c.Flags().Int64Var(&f.fileMiB, "attachment-mib", 32, "单个附件的上限（MiB） · most MiB of one attachment")
	c.Flags().Int64Var(&f.caseMiB, "attachments-mib", 200, "每件附件合计的上限（MiB） · most MiB of all attachments of a case")
	c.Flags().StringVar(&f.scanner, "clamd", "", "查毒服务clamd的地址HOST:PORT或套接字路径；没有应答时不收附件 · address or socket of clamd; while it does not answer, no attachment is taken")
}

// attachments is what the flags say, with the place where files lie: beside the database
// file, or in the PostgreSQL database.
func (p program) attachments(ctx context.Context, f serveFlags) (server.Attachments, error) {
	a := server.Attachments{FileBytes: f.attachments.fileMiB << 20, CaseBytes: f.attachments.caseMiB << 20}
	if f.attachments.fileMiB < 1 || f.attachments.caseMiB < 1 {
		return a, &misuse{"--attachment-mib和--attachments-mib至少为1", errors.New("reading --attachment-mib and --attachments-mib: give 1 or more")}
	}
	if f.attachments.scanner != "" {
		a.Scan = attachment.Clamd(f.attachments.scanner)
	}
	var err error
	beside := blob.Beside(filepath.Join(f.data, databaseFile))
	if f.database == "" {
		a.Blobs, err = blob.OpenDir(beside, p.now)
	} else {
		a.Blobs, err = postgres.OpenBlobs(ctx, f.database, beside, p.now, postgres.Options{})
	}
	return a, err
}

// How often what nobody needs is swept, the first time soon after the start.
const (
	firstSweep = time.Minute
	everySweep = 24 * time.Hour
)

// beginSweep starts the sweeping and returns what waits for its end.
func (p program) beginSweep(ctx context.Context, s *server.Server) (wait func()) {
	var group sync.WaitGroup
	group.Go(func() {
		timer := time.NewTimer(firstSweep)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
			if n, err := s.SweepAttachments(ctx); err != nil && ctx.Err() == nil {
				p.log.ErrorContext(ctx, "sweeping attachments", "error", err)
			} else if n > 0 {
				p.log.InfoContext(ctx, "swept attachments that nobody needs", "files", n)
			}
			timer.Reset(everySweep)
		}
	})
	return group.Wait
}

// verifyContents reads the attachments of a register and names those that are missing,
// damaged or nobody's.
func (p program) verifyContents(ctx context.Context, register storage.Viewer, data, database string, report func(verify.Finding), line *statusLine) (sum verify.ContentSummary, err error) {
	var blobs blob.Store
	if database != "" {
		blobs, err = postgres.OpenBlobs(ctx, database, "", p.now, postgres.Options{})
	} else {
		blobs, err = blob.OpenDirReadOnly(blob.Beside(filepath.Join(data, databaseFile)))
	}
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, blobs.Close()) }()
	return verify.Contents{
		Blobs: blobs, Settled: p.now().Add(-server.OrphanAge), Report: report,
		Progress: func(s verify.ContentSummary) {
			line.show(fmt.Sprintf("附件%d，%d MiB · %d attachments, %d MiB", s.Files, s.Bytes>>20, s.Files, s.Bytes>>20))
		},
	}.Verify(ctx, register)
}

// backupContents copies what attachments hold beside a copy of the register that has no
// name yet. What is lost already is said, and keeps nothing else from being copied.
func (p program) backupContents(ctx context.Context, register storage.Viewer, from, to string, line *statusLine) (sum blob.CopySum, err error) {
	source, err := blob.OpenDirReadOnly(from)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := blob.OpenDir(to, p.now)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	sum, err = blob.CopyAll(ctx, register, source, target, func(s blob.CopySum) {
		line.show(fmt.Sprintf("附件%d，%d MiB · %d attachments, %d MiB", s.Files, s.Bytes>>20, s.Files, s.Bytes>>20))
	})
	line.wipe()
	for _, f := range sum.Faults {
		fmt.Fprintf(p.stderr, "%s %s: 附件内容缺失或者损坏，没有备份 · not in the backup: %v\n", cmp.Or(f.Agency, "-"), f.Object, f.Err)
	}
	return sum, err
}
