// Package hook tells other programs what happens in a project, by HTTP requests
// of GitLab's form (docs.gitlab.com, "Webhook events"), so that what listens to
// GitLab listens to this house unchanged.
//
// Notify turns an event into one message for each hook that asked for it, once
// however often the event is delivered. Run sends what is due: a hook's messages
// one at a time, several hooks at once, so that a slow receiver
// holds up its own messages and nobody else's. A message waits in the Store
// until it is sent or given up, and so survives a crash.
//
//	due --answer 2xx-----------------------> done
//	due --no answer, 5xx, 408, 429--> due later, up to five attempts
//	due --any other answer-----------------> done, failed
//
// Invariants: a hook that failed ten messages in a row sends no more until
// someone switches it on, and says why; its secret is sealed and never shown; a
// message is never sent to an address that its Sender refuses; a hook keeps its
// last hundred deliveries.
//
// The package knows no HTTP, SQL nor the packages whose events it tells of: they
// come as the small structs of payload.go.
package hook
