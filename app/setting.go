package app

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The ways in which a text becomes a setting. Each error says what was
// expected.

func setText(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, text string) error {
		if text == "" {
			return errors.New("is empty")
		}
		*field(c) = text
		return nil
	}
}

// setAny takes a text that may be empty.
func setAny(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, text string) error {
		*field(c) = text
		return nil
	}
}

func setOneOf(field func(*Config) *string, allowed ...string) func(*Config, string) error {
	return func(c *Config, text string) error {
		if !slices.Contains(allowed, text) {
			return fmt.Errorf("%q: expected %s", text, strings.Join(allowed, ", "))
		}
		*field(c) = text
		return nil
	}
}

func setDuration(field func(*Config) *time.Duration) func(*Config, string) error {
	return func(c *Config, text string) error {
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			return fmt.Errorf("%q: expected a duration such as 90m or 168h", text)
		}
		*field(c) = d
		return nil
	}
}

func setCount(field func(*Config) *int) func(*Config, string) error {
	return func(c *Config, text string) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > 1000 {
			return fmt.Errorf("%q: expected a whole number from 0 to 1000", text)
		}
		*field(c) = n
		return nil
	}
}

func setAddr(c *Config, text string) error {
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return fmt.Errorf("%q: expected host:port, such as 127.0.0.1:8080 or :8080", text)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%q: the port is no number from 0 to 65535", text)
	}
	c.Addr = text
	return nil
}

func setURL(c *Config, text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return fmt.Errorf("%q: expected http://host or https://host, without a path", text)
	}
	c.URL = strings.TrimRight(text, "/")
	return nil
}

func setAppsURL(c *Config, text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || net.ParseIP(u.Hostname()) != nil {
		return fmt.Errorf("%q: expected http://host or https://host with a name that has sub-domains, without a path", text)
	}
	c.AppsURL = strings.TrimRight(text, "/")
	return nil
}

// appsURL is the default: browsers resolve all of *.localhost to their own
// machine (RFC 6761, section 6.3). Elsewhere a name must be chosen, and empty
// says that services and sites have no address yet.
func appsURL(server string) string {
	u, err := url.Parse(server)
	if err != nil {
		return ""
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return ""
	}
	apps := url.URL{Scheme: u.Scheme, Host: "apps.localhost"}
	if u.Port() != "" {
		apps.Host += ":" + u.Port()
	}
	return apps.String()
}

func setDatabase(c *Config, text string) error {
	if text != "" && !strings.HasPrefix(text, "postgres://") && !strings.HasPrefix(text, "postgresql://") {
		return fmt.Errorf("expected postgres://..., or nothing for SQLite in the data folder")
	}
	c.Database = text
	return nil
}

func setProxies(c *Config, text string) error {
	c.Proxies = nil
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		prefix, err := netip.ParsePrefix(part)
		if address, plain := netip.ParseAddr(part); plain == nil {
			prefix, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err != nil {
			return fmt.Errorf("%q: expected addresses or ranges such as 127.0.0.1, 10.0.0.0/8", part)
		}
		c.Proxies = append(c.Proxies, prefix.Masked())
	}
	return nil
}

func showProxies(c Config) string {
	shown := make([]string, len(c.Proxies))
	for i, p := range c.Proxies {
		shown[i] = p.String()
	}
	return strings.Join(shown, ",")
}

func setKeyFile(c *Config, text string) error {
	c.SecretKeyFile = text
	return nil
}

func setHooksAllowed(c *Config, text string) error {
	c.HooksAnywhere, c.HooksAllowed = text == "true", nil
	if text == "true" || text == "false" || text == "" {
		return nil
	}
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		host, port, err := net.SplitHostPort(part)
		if n, bad := strconv.Atoi(port); err != nil || host == "" || bad != nil || n < 1 || n > 65535 {
			return fmt.Errorf("%q: expected false, true, or host:port pairs such as ci.example.com:8080,10.0.0.7:80", part)
		}
		c.HooksAllowed = append(c.HooksAllowed, part)
	}
	return nil
}

func showHooksAllowed(c Config) string {
	if c.HooksAnywhere || len(c.HooksAllowed) == 0 {
		return strconv.FormatBool(c.HooksAnywhere)
	}
	return strings.Join(c.HooksAllowed, ",")
}

var sizeUnits = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

func setSize(field func(*Config) *int64) func(*Config, string) error {
	return func(c *Config, text string) error {
		number, unit := text, int64(1)
		for _, u := range sizeUnits {
			if rest, ok := strings.CutSuffix(text, u.name); ok {
				number, unit = strings.TrimSpace(rest), u.bytes
			}
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n <= 0 || n > (1<<50)/unit {
			return fmt.Errorf("%q: expected a size such as 500MiB or 2GiB", text)
		}
		*field(c) = n * unit
		return nil
	}
}

// setSizeOrNone takes 0 for no bound.
func setSizeOrNone(field func(*Config) *int64) func(*Config, string) error {
	return func(c *Config, text string) error {
		if text == "0" {
			*field(c) = 0
			return nil
		}
		return setSize(field)(c, text)
	}
}

// ParseSize reads a size as the settings have it, such as 2GiB; 0 is none.
func ParseSize(text string) (int64, error) {
	var c Config
	err := setSizeOrNone(func(c *Config) *int64 { return &c.MaxModelMemory })(&c, text)
	return c.MaxModelMemory, err
}

func showSize(bytes int64) string {
	for _, u := range sizeUnits {
		if bytes >= u.bytes && bytes%u.bytes == 0 {
			return fmt.Sprintf("%d%s", bytes/u.bytes, u.name)
		}
	}
	return strconv.FormatInt(bytes, 10)
}
