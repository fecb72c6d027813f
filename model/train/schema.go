package train

import _ "embed"

// Schema is the JSON schema of model.yaml, for editors: draft 2020-12. The
// parser does not use it; a test holds their keys together.
//
//go:embed schema.json
var Schema []byte
