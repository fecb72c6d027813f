// Package train turns a recipe (model.yaml) and a folder with data into a
// model with the evidence for it.
//
// ParseRecipe reads the recipe and complains with file, line, column and a
// sentence. Check looks whether the data fit it. Run does the work, in this
// order, which keeps every number honest:
//
//  1. the rows are divided once into training, calibration and held-out rows;
//  2. candidates are cross-validated on the training rows, with imputation,
//     scaling and levels learned anew inside each fold;
//  3. the winner is fitted to all training rows;
//  4. its errors on the calibration rows make the prediction interval;
//  5. the held-out rows, which nothing above has seen, give the metrics with
//     their intervals, the measured coverage, and the rows that a server
//     replays before it serves.
//
// The same recipe and data give the same model and report, byte for byte and
// on any number of processors, but for the seconds that fits took.
//
// The package knows no project, run, registry or file system beyond the fs.FS
// it is handed; who stores the result decides where.
package train
