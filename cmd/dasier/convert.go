package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"dasier/ml/format/onnx"
)

func modelConvert() *cobra.Command {
	var object string
	var force bool
	cmd := &cobra.Command{
		Use:   "convert FOLDER|FILE OUT.onnx",
		Short: "Write a package or model file as ONNX",
		Long: `Write a package, or another system's model file, as ONNX, which runs in ONNX
Runtime with the same answers. What ONNX cannot say is refused; nothing is
approximated.`,
		Args: arguments(2, 2, "FOLDER|FILE OUT.onnx"),
		Example: `  dasier model convert model house-price.onnx
  dasier model convert churn.joblib churn.onnx`,
	}
	cmd.Flags().StringVar(&object, "object", "", "of a model file that holds several things: where the model is, like model or 0")
	cmd.Flags().BoolVar(&force, "force", false, "replace OUT.onnx if it is there")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		program, err := programOf(args[0], object)
		if err != nil {
			return err
		}
		var text bytes.Buffer
		if err := onnx.Write(&text, program); err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
		flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
		if force {
			flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
		}
		f, err := os.OpenFile(filepath.Clean(args[1]), flags, 0o644) //nolint:gosec // a model is for whoever may read the folder
		if errors.Is(err, os.ErrExist) {
			return fmt.Errorf("%s is there already: give --force to replace it", args[1])
		}
		if err != nil {
			return err
		}
		_, err = f.Write(text.Bytes())
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "wrote %s (%d bytes)\n", args[1], text.Len())
		return nil
	}
	return cmd
}
