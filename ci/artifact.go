package ci

import (
	"time"

	"dasier/blob"
	"dasier/forge/project"
)

// ArtifactID names an artifact.
type ArtifactID int64

// Artifact is one upload of a job: the archive of its files, or a report.
type Artifact struct {
	ID       ArtifactID
	Job      JobID
	Project  project.ID
	Kind     string // archive, junit, dotenv, metrics
	Format   string // zip, gzip or raw
	Filename string
	Digest   blob.Digest
	Size     int64
	Expires  time.Time // zero means never
	// Variables are those of a dotenv report, for the jobs that come after.
	Variables []Variable
}

// File is one file in an archive.
type File struct {
	Path string
	Size int64
}

// formats are the artifact kinds that are taken, with the format of each.
var formats = map[string]string{
	archive: "zip", "junit": "gzip", dotenv: "gzip", "metrics": "gzip",
}

const (
	archive = "archive"
	dotenv  = "dotenv"
)
