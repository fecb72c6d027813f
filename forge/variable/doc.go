// Package variable keeps the CI variables of projects and groups: settings and
// secrets that pipelines get in their environment.
//
// A variable belongs to a project or to a group (by the group's path), has a
// key, and a scope: a pattern of environment names. For one job and key, one
// variable wins: a project's before its group's, and within one owner the most
// specific scope, as GitLab has it. Flags say who gets it and who sees it:
//
//   - protected: only jobs on protected branches;
//   - masked: the runner hides the value in job logs;
//   - hidden: masked, and the value is never shown to anyone again;
//   - file: the job finds the value in a file that the variable names;
//   - raw: references to other variables in it are not expanded.
//
// Invariants: a value is sealed together with its owner, key and scope before a
// Store sees it; no act in the audit log holds a value; a hidden variable is
// only made visible by giving it another value. The package knows neither jobs,
// SQL nor where the key of the seal is kept. What the flags mean to a job is
// carried out by ci and by the runner.
package variable
