package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"dasier/ml/format/mlflow"
	"dasier/model/train"
)

// presentModel is the model to compare with: a package's folder, or what serves
// in an environment ("env:production"). In a CI job that is production unless
// told otherwise; where nothing serves yet, it says so and compares nothing.
func presentModel(cmd *cobra.Command, compare string) (*train.Present, error) {
	byDefault := compare == "" && inJob()
	if byDefault {
		compare = "env:production"
	}
	environment, served := strings.CutPrefix(compare, "env:")
	switch {
	case compare == "" || compare == "none":
		return nil, nil //nolint:nilnil // no model to compare with is an answer
	case !served:
		p, err := openPackage(compare)
		if err != nil {
			return nil, err
		}
		return &train.Present{Name: "the model in " + compare, Package: p}, nil
	}
	present, err := servedModel(cmd.Context(), environment)
	switch {
	case err != nil && byDefault:
		// The training is worth more than the comparison.
		fmt.Fprintf(cmd.ErrOrStderr(), "not compared with production: %s\n", err)
		return nil, nil //nolint:nilnil // as above
	case err == nil && present == nil:
		fmt.Fprintf(cmd.ErrOrStderr(), "not compared: nothing serves in %s yet\n", environment)
	}
	return present, err
}

// servedModel fetches what an environment serves; nil when it serves nothing.
func servedModel(ctx context.Context, name string) (*train.Present, error) {
	var unset cobra.Command
	c, err := connection(&unset)()
	if err != nil {
		return nil, err
	}
	var env environment
	err = c.call(ctx, http.MethodGet, c.projectPath("/environments/%s", url.PathEscape(name)), nil, &env)
	if refused, ok := errors.AsType[*apiError](err); ok && refused.status == http.StatusNotFound {
		return nil, nil //nolint:nilnil // there is no such environment yet
	}
	if err != nil {
		return nil, fmt.Errorf("asking what %s serves: %w", name, err)
	}
	if env.Current == nil || env.Current.Model == "" {
		return nil, nil //nolint:nilnil // it serves no model
	}
	files, err := c.versionFiles(ctx, env.Current.Model, env.Current.Version)
	if err != nil {
		return nil, err
	}
	p, err := mlflow.Open(files)
	if err != nil {
		return nil, fmt.Errorf("version %d of %s: %w", env.Current.Version, env.Current.Model, err)
	}
	return &train.Present{Name: fmt.Sprintf("version %d, which serves in %s", env.Current.Version, name), Package: p}, nil
}

// versionFiles downloads a version's package.
func (c *client) versionFiles(ctx context.Context, model string, number int) (fs.FS, error) {
	response, err := c.send(ctx, http.MethodGet, c.projectPath("/models/%s/versions/%d/archive", url.PathEscape(model), number), "", nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	archive, err := io.ReadAll(io.LimitReader(response.Body, 1<<30))
	if err != nil {
		return nil, fmt.Errorf("downloading: %w", err)
	}
	return mlflow.Unpack(bytes.NewReader(archive), int64(len(archive)), mlflow.Limits{})
}
