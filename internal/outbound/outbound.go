// Package outbound says which network addresses the program may connect to when
// somebody else has named the place: a catalogue to fetch, a link to check.
package outbound

import (
	"net/netip"
	"slices"
)

// publicIPv6 is the only block of IPv6 that is given out to the public Internet.
var publicIPv6 = netip.MustParsePrefix("2000::/3")

// special are the blocks that netip has no name for and that lead nowhere
// public, or by translation to an IPv4 address that would escape the guard.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // carriers' shared addresses
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"), // Teredo and other protocols
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // 6to4
	netip.MustParsePrefix("3fff::/20"),
}

// Allowed tells whether the program may connect to the address: a public one, or with
// allowPrivate also a loopback or private one. Link-local addresses, where clouds keep
// their secrets, and other special ones are never allowed. It is to be asked of the very
// address that is dialled, after the name is looked up: a name that answers differently
// the second time then gains nothing.
func Allowed(ip netip.Addr, allowPrivate bool) bool {
	ip = ip.Unmap()
	if allowPrivate && (ip.IsLoopback() || ip.IsPrivate()) {
		return true
	}
	if ip.Zone() != "" || !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Is6() && !publicIPv6.Contains(ip) {
		return false
	}
	return !slices.ContainsFunc(special, func(block netip.Prefix) bool { return block.Contains(ip) })
}
