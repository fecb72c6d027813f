package app

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestTheAddressBehindProxies(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8")}
	for name, c := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"no proxy":               {"203.0.113.9:4711", nil, "203.0.113.9:4711"},
		"a stranger's word":      {"203.0.113.9:4711", []string{"198.51.100.1"}, "203.0.113.9:4711"},
		"a proxy's word":         {"127.0.0.1:4711", []string{"198.51.100.1"}, "198.51.100.1:0"},
		"made up by the client":  {"127.0.0.1:4711", []string{"192.0.2.66, 198.51.100.1"}, "198.51.100.1:0"},
		"two proxies":            {"127.0.0.1:4711", []string{"198.51.100.1", "10.1.2.3"}, "198.51.100.1:0"},
		"proxies only":           {"127.0.0.1:4711", []string{"10.1.2.3"}, "10.1.2.3:0"},
		"version 6":              {"127.0.0.1:4711", []string{"2001:db8::1"}, "[2001:db8::1]:0"},
		"a proxy that says none": {"127.0.0.1:4711", nil, "127.0.0.1:4711"},
		"rubbish":                {"127.0.0.1:4711", []string{"evil"}, "127.0.0.1:4711"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.RemoteAddr, r.Header["X-Forwarded-For"] = c.peer, c.forwarded
			var got string
			behindProxies(proxies)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr })).ServeHTTP(httptest.NewRecorder(), r)
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
