// Package deploy puts model versions into environments.
//
// An environment is a named place of a project (production, staging,
// review/new-bathroom) with one endpoint that clients ask. A deployment is one
// attempt to make one model version serve there; it is a record that is never
// rewritten, and a rollback is a deployment too.
//
//	pending --begin--> running --succeed--> success
//	                   running --begin----> running   (again, after a crash)
//	                   running --fail-----> failed
//
// "Superseded" is no state: a successful deployment serves exactly when its
// environment names it as the current one.
//
// Invariants:
//   - at most one deployment of an environment is running;
//   - a deployment that fails leaves what served before serving;
//   - a deployment never replaces a younger one;
//   - the environment's current deployment is what the target was last told,
//     and Restore tells it again when the server starts.
//
// The package does not know what a model is or how it is served: a Registry
// names versions, a Target applies them. It does not know HTTP or SQL.
package deploy
