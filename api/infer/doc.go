// Package infer is how clients ask models, in the protocols that they speak:
// our own for people and web pages, the Open Inference protocol (version 2) as
// REST and as gRPC, KServe's first, and MLflow's scoring protocol. The addresses
// are in docs/reference/inference.md.
//
// A protocol is a question: how it reads rows, how it writes answers and errors.
// In between all are alike: rows are read into package serve's scratch rows by
// the rules of package rowjson, and answered in chunks. Package oip reads
// tensors, wire gRPC's messages, docs writes each model's page.
//
// Invariants:
//   - one answer is of one model version, whatever is deployed meanwhile;
//   - an endpoint that is not public, or does not exist, answers the same to
//     those who may not ask it;
//   - wrong input is answered with every wrong field and what was expected, and
//     never with anything of the server's inside;
//   - the same row gives the same numbers in every protocol, to the last bit;
//   - the work per request is bounded: bytes, rows, texts, nesting, time, problems
//     told;
//   - the requests worked on at once are bounded, and those that wait (gate.go),
//     for slow models apart; so is what bodies of large requests take together,
//     before they are read (bodies.go, grpcbody.go);
//   - JSON stays JSON whatever a model answers (gap.go).
//
// Who may ask is decided in admit, by which every request of every protocol
// comes before its body is read. It also takes the request from its client's
// limits (client.go); rows are charged when they were answered.
//
// Only public endpoints allow cross-origin requests, and to any origin: the
// answer depends on nothing that a browser adds.
//
// An endpoint may be Remote: its model answers in another process, to which the
// request is passed on once it is known to be allowed. Nothing of who asks goes
// along. Whether an endpoint is remote shows in no answer.
//
// A request that succeeds takes no lock of ours on its way, and its
// counters are those of its processor (metrics.go): with the processors busy, what
// counts is the time of each request.
//
// The package decides nothing about models: package serve reads rows and
// answers them. Bodies are parsed by fastjson and answers written by append,
// because here the time of a request is mostly JSON.
package infer
