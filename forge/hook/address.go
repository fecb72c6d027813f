package hook

import "net/netip"

// Of these blocks nobody outside is reached: private networks, this machine, the
// neighbourhood, what is reserved (IANA's special-purpose registries; RFC 6890).
var inside = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
	"192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

// embedding are blocks whose addresses lead to an IPv4 address in them, and
// where it begins: IPv4-compatible, NAT64 (RFC 6052), 6to4 (RFC 3056), and the
// translated form of RFC 2765.
var embedding = []struct {
	block netip.Prefix
	at    int
}{
	{netip.MustParsePrefix("::/96"), 12},
	{netip.MustParsePrefix("::ffff:0:0:0/96"), 12},
	{netip.MustParsePrefix("64:ff9b::/96"), 12},
	{netip.MustParsePrefix("2002::/16"), 2},
}

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

// Inside tells whether an address leads to this machine or its networks, in
// whatever spelling. A message that went there would let whoever makes webhooks
// reach what only the server should: see OWASP, "Server-Side Request Forgery".
func Inside(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	if !address.IsValid() {
		return true
	}
	for _, block := range inside {
		if block.Contains(address) {
			return true
		}
	}
	for _, e := range embedding {
		if e.block.Contains(address) {
			bytes := address.As16()
			return Inside(netip.AddrFrom4([4]byte(bytes[e.at : e.at+4])))
		}
	}
	return false
}
