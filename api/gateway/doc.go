// Package gateway passes requests on to deployed services and sites, each under
// a host name of its own: <label>.<apps host>. So no site shares an origin, and
// with it cookies or storage, with the console or with another site.
//
// A request finds its deployment in a table that is swapped as a whole, and
// holds what it found until it is answered: a switch to another deployment
// loses none. A request whose connection was refused before anything was sent
// is tried again, on whatever serves then.
//
// Who may. What is public answers everyone. Everything else asks for the
// permission predict in the project: by a token of ours, or by a ticket that
// the console hands to people (Ticket), which becomes a cookie of that host
// alone. Every minute the gateway asks again whether its owner still may.
//
// What a deployed program never sees: our cookies and our tokens. What it never
// gets to set: cookies under our names, or for more than its own host.
//
// The package does not know roles or deployments' states; it holds no rule of
// the product but the order above.
package gateway
