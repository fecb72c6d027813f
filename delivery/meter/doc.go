// Package meter holds clients to what their tokens may use of a project's
// endpoints: requests per second, and predictions per day.
//
// Requests are counted by a token bucket in memory, which forgets when the
// server restarts. Predictions are counted after they were answered, a row being
// one, and kept in the store a few seconds later: what a crash loses is at most
// what was answered since. A request that begins below the day's limit is
// answered whole, so that a limit may be exceeded by one request's rows.
//
// The package knows no protocol and decides nothing about permissions. Counts
// are those of this process: one server answers for a database.
package meter
