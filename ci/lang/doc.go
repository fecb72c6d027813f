// Package lang is the language of .gitlab-ci.yml: text in, a graph of jobs out.
//
// Parse reads a file into a Config and reports everything wrong with it, each
// problem with file, line, column and a sentence. Plan judges the Config's
// rules against a Context (variables, changed files, existing files) and gives
// the Graph: the jobs that run, with everything merged that the file merges.
//
// # Order of merging
//
// The order is GitLab's ("CI/CD YAML syntax reference", "Optimize GitLab CI/CD
// configuration files"), and each step sees only the outcome of the one before:
//
//  1. YAML: aliases, then merge keys `<<`. A key written in the mapping wins
//     over a merged one; of two `<<` the later wins, of a list in one `<<` the
//     earlier (the YAML merge key type).
//  2. extends: parents in the order of the list, a later one wins, the job
//     itself wins over all. Mappings merge key by key at every depth; anything
//     else, lists included, is replaced. A null takes an inherited key away.
//  3. !reference: looked up in the outcome of 2, so a referenced job shows what
//     it inherited. What a reference gives is not merged with anything.
//  4. default: a keyword that the job does not have (after 2) is taken whole
//     from default, unless inherit:default says otherwise.
//  5. parallel: the job is multiplied, each copy with its own variables.
//  6. rules: the first rule that matches sets when, allow_failure, variables,
//     needs and interruptible on the job.
//
// Variables, from weak to strong: Context.Predefined, global, workflow rule,
// job, parallel:matrix, rule, Context.Variables. Job.Variables holds the middle
// five; whoever runs the job adds the outer two. inherit:variables cuts off the
// global and workflow ones. Values are as written: 0755 and 1.10 stay so.
//
// # Invariants
//
//   - Parse and Plan never panic and end on any input: file size, nesting,
//     expanded size, jobs, merging work and regular expressions have limits.
//   - One table, Keywords, says which words are supported, recorded without
//     effect or refused; the parser asks it for every mapping it reads, and
//     docs/reference/ci-yaml.md is printed from it. Nothing is ignored silently.
//   - A Graph's needs name its own jobs and make no circle.
//   - The outcome depends on the arguments alone.
//
// The package knows no git, no runner, no database and no project: whether a
// file changed or exists is asked through Context.
package lang
