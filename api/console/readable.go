package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"dasier/fault"
)

// refuseUnreadable refuses addresses that are no text: neither database keeps
// NUL, and PostgreSQL nothing that is not UTF-8.
func (a *API) refuseUnreadable(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := url.QueryUnescape(r.URL.RawQuery)
		if text := r.URL.Path + query; err != nil || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			a.refuse(w, r, fault.Errorf(fault.Invalid, "the address holds what is no text: expected UTF-8 without NUL"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// plainJSON is JSON whose strings hold no NUL.
var plainJSON = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		if hasNUL(data) {
			return errors.New("a text holds the character NUL, which cannot be kept")
		}
		return json.Unmarshal(data, v)
	},
}

// hasNUL finds the escape \u0000, whose backslash is not escaped itself.
func hasNUL(data []byte) bool {
	for {
		i := bytes.IndexByte(data, '\\')
		if i < 0 || i+1 >= len(data) {
			return false
		}
		if bytes.HasPrefix(data[i+1:], []byte("u0000")) {
			return true
		}
		data = data[i+2:]
	}
}
