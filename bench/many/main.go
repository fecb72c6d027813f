// Command many measures one process with thousands of small models: the memory
// that it takes, the time to load them, and whether finding a model among them
// costs more than finding the only one.
//
// The models are of 20 inputs each and all different: half are linear, with
// categories, an interval and every kind of notice; half are 20 boosted trees of
// 8 leaves. A process of its own loads them from their packages the way the
// server does (the digest is checked, reference rows are replayed), puts the
// prediction API before them, and asks each over that API once, so that all that
// is made for the first request is there. It ends with a line per ratio, above 1
// where the goal is surpassed:
//
//	RATIO <case> vs <peer> <x> goal <y>
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
)

func main() {
	models := flag.Int("models", 5000, "models in the process")
	folder := flag.String("folder", "", "folder with their packages (for our own use)")
	profile := flag.String("heap", "", "write a heap profile to this file")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	if *folder != "" {
		err = serveMany(ctx, *folder, *models, *profile)
	} else {
		err = measure(ctx, *models, *profile)
	}
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "bench/many:", err)
		os.Exit(1)
	}
}

// measure makes the packages and starts ourselves anew, so that nothing of the
// making is in the memory that is measured.
func measure(ctx context.Context, models int, profile string) (err error) {
	folder, err := os.MkdirTemp("", "dasier-bench-")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	size, err := writePackages(ctx, folder, models)
	if err != nil {
		return err
	}
	fmt.Printf("made %d packages of 20 inputs, %.1f MB together\n", models, float64(size)/1e6)
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding ourselves: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, "-folder", folder, "-models", strconv.Itoa(models), "-heap", profile) // #nosec G204 -- ourselves
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
