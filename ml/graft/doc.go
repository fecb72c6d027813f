// Package graft makes one model of several: the inputs of all by name, their
// features (one that several have is computed once), and each model's answer as
// cells, which a final estimator, or an interval, is made of. It is how a stack of
// learners becomes one predict.Spec, and how a model gets a second one that says
// how far it may be off.
//
// The specs that are joined are not changed. The package knows no learners.
package graft
