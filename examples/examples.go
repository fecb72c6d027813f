// Package examples holds the projects that `dasier demo` pushes, as they stand
// in this folder, so that the binary can play its story anywhere.
package examples

import (
	"embed"
	"io/fs"
)

//go:embed all:house-prices
var files embed.FS

// HousePrices is the project of the house-price model.
func HousePrices() (fs.FS, error) { return fs.Sub(files, "house-prices/model") }
