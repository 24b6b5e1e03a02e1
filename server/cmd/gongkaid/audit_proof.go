package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"gongkai/server/audit"
)

func (p program) auditProve() *cobra.Command {
	var f auditFlags
	var agency string
	var event int64
	c := &cobra.Command{
		Use:   "prove --database FILE --checkpoints FILE --key KEY --agency ID --event N [-o json|text]",
		Short: "证明一条记录含于检查点 · proves that a checkpoint holds one record",
		Long: "输出一条记录含于检查点的证明，可用gongkaid audit check-proof离线核对。个人信息不在其中，只有其加盐的摘要。\n" +
			"Prints the proof that a record stood in the register when a checkpoint was made; gongkaid audit check-proof checks it\n" +
			"without the register. Personal data are not in it, only a salted commitment to them.",
		Example: "  gongkaid audit prove --database copy.db --checkpoints audit.checkpoints --key audit.pub --agency jyj --event 17 >proof.json",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return p.prove(c.Context(), &f, agency, event) },
	}
	f.define(c, "json")
	c.Flags().StringVar(&agency, "agency", "", "机关标识；缺省为系统本身 · id of the agency; by default the installation itself")
	c.Flags().Int64Var(&event, "event", 0, "该机关的记录序号 · place of the record among the agency's")
	require(c, "event")
	return c
}

func (p program) prove(ctx context.Context, f *auditFlags, agency string, event int64) (err error) {
	isText, err := f.isText()
	if err != nil {
		return err
	}
	keys, err := f.verifiers()
	if err != nil {
		return err
	}
	store, files, end, err := f.openAll(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	proof, err := audit.Prove(ctx, store, keys, agency, event, files...)
	if errors.Is(err, audit.ErrNoProof) {
		fmt.Fprintf(p.stderr, "无法证明 · %v\n", err)
		return errProof
	}
	if err != nil || !isText {
		return errors.Join(err, p.writeProof(&proof, err))
	}
	return p.proofText(&proof)
}

func (p program) writeProof(proof *audit.Proof, failed error) error {
	if failed != nil {
		return nil
	}
	return p.writeJSON(proof)
}

// proofText writes a proof for people.
func (p program) proofText(proof *audit.Proof) error {
	r := &proof.Record
	_, err := fmt.Fprintf(p.stdout, "机关 agency: %s\n记录 record: %d\n对象 object: %s\n时间 time: %s\n操作人 actor: %s\n事项 action: %s\n内容 facts: %s\n",
		cmp.Or(r.Agency, "-"), r.N, r.Object, r.Time.Format(time.RFC3339Nano), r.Actor, r.Action, r.Facts)
	for _, h := range proof.Path {
		if err == nil {
			_, err = fmt.Fprintf(p.stdout, "路径 path: %s\n", h)
		}
	}
	if err == nil {
		_, err = fmt.Fprintf(p.stdout, "检查点 checkpoint:\n%s", proof.Checkpoint)
	}
	return err
}

func (p program) auditCheckProof() *cobra.Command {
	var f auditFlags
	c := &cobra.Command{
		Use:     "check-proof FILE --key KEY",
		Short:   "离线核对一条记录的证明 · checks the proof of a record, without the register",
		Long:    "核对gongkaid audit prove输出的JSON证明，只需公钥。成立时退出码为0，不成立时为1。\nChecks a proof (JSON) with nothing but the public key. Exits 0 when it holds, 1 when it does not.",
		Example: "  gongkaid audit check-proof proof.json --key audit.pub",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			keys, err := f.verifiers()
			if err != nil {
				return err
			}
			text, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("reading the proof: %w", err)
			}
			proof, err := audit.ParseProof(text)
			if err != nil {
				return err
			}
			checkpoint, err := proof.Check(keys)
			if err != nil {
				fmt.Fprintf(p.stdout, "证明不成立 · the proof does not hold: %v\n", err)
				return errProof
			}
			at := checkpoint.Time.UTC().Format(time.RFC3339)
			_, err = fmt.Fprintf(p.stdout, "证明成立：登记簿%[1]s机关%[2]s的第%[3]d条记录含于%[4]s的检查点 · it holds: record %[3]d of agency %[2]s in register %[1]s stood there at %[4]s\n",
				checkpoint.Installation, cmp.Or(checkpoint.Agency, "-"), proof.Record.N, at)
			return err
		},
	}
	f.defineKeys(c)
	return c
}
