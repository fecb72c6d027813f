package app

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// behindProxies takes a client's address from X-Forwarded-For when the request
// comes from one of the given proxies: the last address there that is not a
// proxy itself. What stands before it, the client may have made up.
func behindProxies(proxies []netip.Prefix) func(http.Handler) http.Handler {
	trusted := func(address netip.Addr) bool {
		for _, p := range proxies {
			if p.Contains(address.Unmap()) {
				return true
			}
		}
		return false
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil && trusted(peer.Addr()) {
				hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
				for _, said := range slices.Backward(hops) {
					hop, err := netip.ParseAddr(strings.TrimSpace(said))
					if err != nil {
						break
					}
					r.RemoteAddr = net.JoinHostPort(hop.String(), "0")
					if !trusted(hop) {
						break
					}
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}
