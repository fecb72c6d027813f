package bundle

import "time"

// Service says how the program in a bundle is run: service.yaml.
type Service struct {
	// Command is the program and its arguments; a path with a slash is taken
	// from the bundle's folder, where the program is started. Containers may do
	// without: then the image's own command runs.
	Command []string `json:"command,omitempty"`
	// Files are the files and folders that are packed, relative to the manifest.
	Files []string `json:"files,omitempty"`
	// Health is the path that answers with a status below 400 when the program
	// is ready; default "/".
	Health string `json:"health"`
	// StartWithin is how long the program may take until it is healthy; default
	// one minute, at most five.
	StartWithin time.Duration `json:"start_within"`
	// StopWithin is how long it may take to end after SIGTERM; default 10 s, at
	// most one minute.
	StopWithin time.Duration `json:"stop_within"`
	// PortVariable is the name of the variable that tells the program the port
	// to listen on, at 127.0.0.1 or all addresses; default PORT. Containers get
	// it, too.
	PortVariable string `json:"port_variable"`
	// Environment are plain variables of the program.
	Environment map[string]string `json:"environment,omitempty"`
	// Variables are names of CI variables that it gets as well, with the values
	// that they have when it starts.
	Variables []string `json:"variables,omitempty"`
	Limits    Limits   `json:"limits"`
	// Image is the container image to run, and Dockerfile the file in the bundle
	// that makes one. At most one of them is given, and only targets that run
	// containers take such a service.
	Image      string `json:"image,omitempty"`
	Dockerfile string `json:"dockerfile,omitempty"`
}

// Limits bound a service. Zero is the target's default.
type Limits struct {
	Memory int64   `json:"memory,omitempty"` // bytes; at least 16 MiB when given
	CPU    float64 `json:"cpu,omitempty"`    // cores
}

// Site says what the files in a bundle are: site.yaml.
type Site struct {
	// Folder is the folder that is packed and served, relative to the manifest.
	Folder string `json:"folder"`
	// Fallback is the file that answers where there is none, such as index.html
	// for an app with its own routes; empty: 404.html if there is one.
	Fallback string `json:"fallback,omitempty"`
	// Proxy passes what begins with a path ("/api/") on to a service, named by
	// its project ("house-prices/api"), in that project's environment of the
	// same name, or another one ("house-prices/api@staging"). The prefix is not
	// passed on.
	Proxy map[string]string `json:"proxy,omitempty"`
}
