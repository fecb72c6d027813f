package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"dasier/ml/format/mlflow"
	"dasier/ml/predict"
)

func modelCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "model",
		Short: "Register, look into, compare, convert and download models",
	}
	cmd.AddCommand(modelRegister(), modelInspect(), modelVerify(), modelConvert(), modelDownload())
	return cmd
}

func modelRegister() *cobra.Command {
	var name, dotenv string
	cmd := &cobra.Command{
		Use:   "register [FOLDER|FILE]",
		Short: "Register a package, or another system's model file, as the next version of a model",
		Long: `Register a package (a folder that dasier train wrote) as the next version of a
model. The server reads it and replays its reference rows before it takes it.
The same package of the same commit is registered once, so a job may be retried.

A model file of another system (scikit-learn in pickle, joblib or skops, XGBoost,
LightGBM, ONNX) becomes a package on the way. It is read as data and served
natively; nothing of it is run. With --reference its answers are compared with
those that its own system gave, and a file that does not answer the same is
refused.`,
		Args: arguments(0, 1, "[FOLDER|FILE] --name MODEL"),
		Example: `  dasier model register model --name house-price
  dasier model register model.joblib --name churn --data churn.csv --target churn --positive yes --reference reference.json`,
	}
	adopted := adoptionFlags(cmd)
	cmd.Flags().StringVar(&name, "name", "", "the model's name (needed)")
	cmd.Flags().StringVar(&dotenv, "dotenv", "", "also write MODEL_NAME and MODEL_VERSION to this file, for artifacts:reports:dotenv")
	connect := connection(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if name == "" {
			return errors.New("which model? Give --name")
		}
		c, err := connect()
		if err != nil {
			return err
		}
		folder, done, err := adopted.packaged(cmd.OutOrStdout(), args)
		if err != nil {
			return err
		}
		defer done()
		files, err := packageFolder(folder)
		if err != nil {
			return err
		}
		var archive bytes.Buffer
		if err := mlflow.Pack(&archive, files); err != nil {
			return err
		}
		query := url.Values{"commit": {os.Getenv("CI_COMMIT_SHA")}, "ref": {os.Getenv("CI_COMMIT_REF_NAME")}, "pipeline_id": {os.Getenv("CI_PIPELINE_ID")}}
		response, err := c.send(cmd.Context(), "POST", c.projectPath("/models/%s/versions?%s", url.PathEscape(name), query.Encode()), "application/zip", &archive)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		var v struct {
			Model   string `json:"model"`
			Version int    `json:"version"`
			Digest  string `json:"digest"`
		}
		if err := json.NewDecoder(response.Body).Decode(&v); err != nil {
			return fmt.Errorf("reading the server's answer: %w", err)
		}
		was := "registered"
		if response.StatusCode == http.StatusOK {
			was = "was registered before as"
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s %s version %d (%s)\n", was, v.Model, v.Version, v.Digest)
		if dotenv == "" {
			return nil
		}
		return os.WriteFile(dotenv, fmt.Appendf(nil, "MODEL_NAME=%s\nMODEL_VERSION=%d\n", v.Model, v.Version), 0o600)
	}
	return cmd
}

func folderOf(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	return "model"
}

// packageFolder makes sure that there is a folder and that it is a package, before
// all that is in it is sent to a server. What is wrong in it is said by whoever
// reads it, but only with names from the folder on.
func packageFolder(name string) (fs.FS, error) {
	if info, err := os.Stat(name); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("there is no folder %s: dasier train writes one", name)
	}
	if _, err := os.Stat(filepath.Join(name, "MLmodel")); err != nil {
		return nil, fmt.Errorf("the folder %s holds no package: it has no file MLmodel, which dasier train writes", name)
	}
	return os.DirFS(name), nil
}

func openPackage(name string) (*mlflow.Package, error) {
	files, err := packageFolder(name)
	if err != nil {
		return nil, err
	}
	p, err := mlflow.Open(files)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

func writeInputs(w io.Writer, inputs []predict.Input) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(table, "\nINPUT\tKIND\tREQUIRED\tSEEN IN TRAINING\n")
	for _, in := range inputs {
		seen := fmt.Sprintf("%g to %g %s", in.Min, in.Max, in.Unit)
		if in.Min == 0 && in.Max == 0 { // a model file alone does not say
			seen = ""
		}
		if len(in.Levels) > 0 {
			seen = fmt.Sprintf("%d levels", len(in.Levels))
			if in.Mode != "" {
				seen += ", most often " + in.Mode
			}
		}
		kind := in.Kind.String()
		if in.Text {
			kind = "free text"
		}
		fmt.Fprintf(table, "%s\t%s\t%t\t%s\n", in.Name, kind, in.Required, strings.TrimSpace(seen))
	}
	return table.Flush()
}

func modelDownload() *cobra.Command {
	var out string
	var force bool
	cmd := &cobra.Command{
		Use:   "download MODEL VERSION",
		Short: "Download a version's package into a folder",
		Long: `Download a version's package into a folder. The version is a number, an alias, or
the word latest.`,
		Args: arguments(2, 2, "MODEL VERSION|ALIAS|latest [--out FOLDER]"),
		Example: `  dasier model download house-price 3 --project house-prices/model
  dasier model download house-price champion --out package`,
	}
	cmd.Flags().StringVarP(&out, "out", "o", "model", "folder to write to")
	cmd.Flags().BoolVar(&force, "force", false, "replace the folder if a package is there")
	connect := connection(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := connect()
		if err != nil {
			return err
		}
		if err := checkFolder(out, force); err != nil {
			return err
		}
		number, err := c.versionNumber(cmd.Context(), args[0], args[1])
		if err != nil {
			return err
		}
		response, err := c.send(cmd.Context(), "GET", c.projectPath("/models/%s/versions/%d/archive", url.PathEscape(args[0]), number), "", nil)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		archive, err := io.ReadAll(io.LimitReader(response.Body, 1<<30))
		if err != nil {
			return fmt.Errorf("downloading: %w", err)
		}
		files, err := mlflow.Unpack(bytes.NewReader(archive), int64(len(archive)), mlflow.Limits{})
		if err != nil {
			return err
		}
		if err := os.RemoveAll(out); err != nil {
			return fmt.Errorf("replacing %s: %w", out, err)
		}
		if err := os.CopyFS(filepath.Clean(out), files); err != nil {
			return fmt.Errorf("writing %s: %w", out, err)
		}
		fmt.Fprintf(cmd.OutOrStdout(), "wrote version %d of %s to %s\n", number, args[0], out)
		return nil
	}
	return cmd
}

// versionNumber finds the version that a person means: a number, an alias, or
// the word latest.
func (c *client) versionNumber(ctx context.Context, model, wanted string) (int, error) {
	if number, err := strconv.Atoi(wanted); err == nil {
		return number, nil
	}
	var m struct {
		Latest  int            `json:"latest"`
		Aliases map[string]int `json:"aliases"`
	}
	if err := c.call(ctx, "GET", c.projectPath("/models/%s", url.PathEscape(model)), nil, &m); err != nil {
		return 0, err
	}
	if wanted == "latest" {
		return m.Latest, nil
	}
	if number, ok := m.Aliases[wanted]; ok {
		return number, nil
	}
	return 0, fmt.Errorf("model %s has no alias %q: give a version's number, an alias, or the word latest", model, wanted)
}
