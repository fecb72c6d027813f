// Package page writes a training's report as one HTML page that needs nothing
// else: no script, font or image from anywhere, light and dark by the reader's
// preference, wide and narrow. Charts are SVG whose colours are classes of the
// page's style.
//
// It knows what a report says (package train) and nothing of how it came about.
// Everything that comes from data passes through html/template's escaping.
package page
