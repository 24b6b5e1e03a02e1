package main_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write the golden parts of the scripts anew")

// binaries is where TestMain puts the two programs.
var binaries string

// TestMain builds the programs as a user would, so that the scripts run what is shipped.
func TestMain(m *testing.M) {
	flag.Parse()
	code, err := withPrograms(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func withPrograms(run func() int) (code int, err error) {
	if binaries, err = os.MkdirTemp("", "gongkai-script-"); err != nil {
		return 0, fmt.Errorf("making a directory for the programs: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(binaries)) }()
	build := exec.CommandContext(context.Background(), "go", "build", "-o", binaries+string(filepath.Separator),
		"gongkai/server/cmd/gongkaid", "gongkai/client/cmd/gongkai")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building the programs: %w\n%s", err, out)
	}
	return run(), nil
}

// TestScripts runs the stories of testdata/script against the real programs.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start":       start,
			"demo":        demo,
			"halt":        halt, // the name stop is testscript's own, which ends a script
			"crash":       crash,
			"await":       await,
			"exitcode":    exitcode,
			"office":      office,
			"json":        jsonAt,
			"jsonenv":     jsonEnv,
			"jsoneq":      jsonEqual,
			"mode":        mode,
			"certificate": certificate,
			"ledgerrows":  ledgerRows,
			"tour":        tour,
			"cells":       cells,
			"find":        find,
			"fetch":       fetch,
		},
	})
}

// setup puts the programs first on the path, and nothing of the machine's own settings.
func setup(env *testscript.Env) error {
	env.Setenv("PATH", binaries+string(os.PathListSeparator)+env.Getenv("PATH"))
	env.Vars = append(env.Vars,
		"BROKEN=\xff\xfe", // what is no UTF-8 cannot stand in a script
		"TODAY=2026-06-30",
	)
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	env.Values[rootKey{}] = root
	env.Values[serversKey{}] = map[string]*background{}
	return err
}
