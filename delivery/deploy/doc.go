// Package deploy puts model versions, services and sites into environments.
//
// An environment is a named place of a project (production, staging,
// review/new-bathroom) with one endpoint that clients ask. A deployment is one
// attempt to make something serve there; what it deploys is never rewritten,
// and a rollback is a deployment too.
//
//	blocked --be approved---> pending   (the last approval, or break-glass)
//	        --be rejected---> rejected
//	        --be superseded-> superseded
//	pending --begin---------> running
//	running --succeed-------> success
//	        --begin---------> running   (again, after a crash)
//	        --fail----------> failed
//	        --be superseded-> superseded
//	skipped                             (asked for "only if better", and it is not)
//
// A deployment begins as pending; as blocked where its environment asks for
// approvals; as skipped, which is final and no failure, when a comparison
// decided against it. That an older deployment no longer serves is no state: a
// successful one serves exactly when its environment names it as the current
// one.
//
// Invariants:
//   - at most one deployment of an environment is running;
//   - a deployment that fails leaves what served before serving;
//   - a deployment never replaces a younger one;
//   - nobody approves what they asked for, in person or through a job;
//   - a job deploys to a protected environment only from a protected branch or
//     tag;
//   - the environment's current deployment is what the target was last told,
//     and Restore tells it again when the server starts;
//   - the table of routes names what the target was told, and is swapped whole.
//
// The package does not know what a model, a service or a site is made of or how
// it runs: a Registry names versions, Archives name bundles, a Target applies
// them. It does not know HTTP or SQL.
package deploy
