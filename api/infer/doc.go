// Package infer is how clients ask models: our own address for people and web
// pages, and the Open Inference protocol (version 2, REST) for tools.
//
//	GET  /api/v1/endpoints/{endpoint}           what the endpoint predicts and needs
//	POST /api/v1/endpoints/{endpoint}/predict   one JSON object, or a list of them
//	GET  /v2, /v2/health/live, /v2/health/ready
//	GET  /v2/models/{endpoint}[/versions/{v}][/ready]
//	POST /v2/models/{endpoint}[/versions/{v}]/infer
//
// Invariants:
//   - one answer is of one model version, whatever is deployed meanwhile;
//   - an endpoint that is not public, or does not exist, answers the same to
//     those who may not ask it;
//   - wrong input is answered with every wrong field and what was expected, and
//     never with anything of the server's inside;
//   - the work per request is bounded: bytes, rows, nesting, problems told.
//
// Only public endpoints allow cross-origin requests, and to any origin: the
// answer depends on nothing that a browser adds.
//
// An endpoint may be Remote: its model answers in another process, to which the
// request is passed on once it is known to be allowed. Nothing of who asks goes
// along. Whether an endpoint is remote shows in no answer.
//
// The package decides nothing about models: package serve reads rows and
// answers them. Bodies are parsed by fastjson and answers written by append,
// because here the time of a request is mostly JSON.
package infer
