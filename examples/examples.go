// Package examples holds the projects that `dasier demo` pushes, as they stand
// in this folder, so that the binary can play its story anywhere.
package examples

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// What is built in these folders while somebody works on them is left out.
//
//go:embed all:house-prices/model
//go:embed house-prices/api/*.go house-prices/api/*.json house-prices/api/*.csv house-prices/api/*.md house-prices/api/*.yaml
//go:embed house-prices/api/.gitlab-ci.yml house-prices/api/Dockerfile house-prices/api/checks
//go:embed house-prices/app/*.json house-prices/app/*.ts house-prices/app/*.html house-prices/app/*.md house-prices/app/*.yaml
//go:embed house-prices/app/.gitlab-ci.yml house-prices/app/.gitignore house-prices/app/src house-prices/app/public
var files embed.FS

// goMod makes the back-end a module of its own. It does not stand in its folder,
// because Go would then leave that folder out of this module's tests and out of
// the binary.
const goMod = "module house-api\n\ngo 1.26\n"

// HousePrices is the project "model", "api" or "app" of the house-price team.
func HousePrices(project string) (fs.FS, error) { return fs.Sub(files, "house-prices/"+project) }

// WriteHousePrices writes the project's files into a folder, ready to commit.
func WriteHousePrices(folder, project string) error {
	from, err := HousePrices(project)
	if err != nil {
		return err
	}
	if err := os.CopyFS(folder, from); err != nil {
		return fmt.Errorf("writing the example %s: %w", project, err)
	}
	if project != "api" {
		return nil
	}
	if err := os.WriteFile(filepath.Join(folder, "go.mod"), []byte(goMod), 0o644); err != nil { //nolint:gosec // a source file
		return fmt.Errorf("writing the example %s: %w", project, err)
	}
	return nil
}
