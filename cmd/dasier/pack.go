package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"dasier/delivery/bundle"
)

// packAndUpload reads a manifest, packs the files that it names, uploads them,
// and says so in the request.
func packAndUpload(cmd *cobra.Command, c *client, f *deployFlags, in map[string]any) (err error) {
	file, kind := f.service, "service"
	if f.site != "" {
		file, kind = f.site, "site"
	}
	text, err := os.ReadFile(file) // #nosec G304 -- the caller names the file
	if err != nil {
		return err
	}
	folder, names := filepath.Dir(file), []string{"."}
	if kind == "service" {
		m, err := bundle.ParseService(file, text)
		if err != nil {
			return err
		}
		names = m.Names()
	} else {
		m, err := bundle.ParseSite(file, text)
		if err != nil {
			return err
		}
		folder = filepath.Join(folder, m.Folder)
	}
	var manifest map[string]any
	if err := yaml.Unmarshal(text, &manifest); err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	in["kind"], in["manifest"], in["commit"] = kind, manifest, first(f.commit, os.Getenv("CI_COMMIT_SHA"))
	if len(names) == 0 {
		return nil // a container's image is all there is
	}
	digest, err := upload(cmd, c, folder, names)
	in["bundle"] = digest
	return err
}

// upload packs into a temporary file first, because a mistake in the files must
// not become half an upload.
func upload(cmd *cobra.Command, c *client, folder string, names []string) (digest string, err error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return "", fmt.Errorf("opening %s: %w (was it built?)", folder, err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	packed, err := os.CreateTemp("", "dasier-bundle-*.tar.gz")
	if err != nil {
		return "", fmt.Errorf("packing: %w", err)
	}
	defer func() {
		_ = packed.Close() // sending it has closed it
		err = errors.Join(err, os.Remove(packed.Name()))
	}()
	contents, err := bundle.Pack(cmd.Context(), packed, root.FS(), names)
	if err != nil {
		return "", err
	}
	size, err := packed.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = packed.Seek(0, io.SeekStart)
	}
	if err != nil {
		return "", fmt.Errorf("packing: %w", err)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "uploading %d files, %.1f MiB packed\n", contents.Files, float64(size)/(1<<20))
	var b struct {
		Digest string `json:"digest"`
	}
	response, err := c.send(cmd.Context(), http.MethodPost, c.projectPath("/bundles"), "application/gzip", packed)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if err := json.NewDecoder(response.Body).Decode(&b); err != nil {
		return "", fmt.Errorf("uploading: the answer is no JSON: %w", err)
	}
	return b.Digest, nil
}
