package repo

import (
	"path"
	"strings"
)

// languages names the language of a file by the end of its name, as editors
// and highlighters call it.
var languages = map[string]string{
	".bash": "shell", ".c": "c", ".cc": "cpp", ".cpp": "cpp", ".css": "css", ".csv": "csv", ".dockerfile": "dockerfile",
	".go": "go", ".h": "c", ".hpp": "cpp", ".htm": "html", ".html": "html", ".ini": "ini", ".ipynb": "json", ".java": "java",
	".js": "javascript", ".json": "json", ".jsx": "jsx", ".kt": "kotlin", ".md": "markdown", ".mjs": "javascript",
	".proto": "protobuf", ".py": "python", ".r": "r", ".rb": "ruby", ".rs": "rust", ".scss": "css", ".sh": "shell",
	".sql": "sql", ".svg": "xml", ".toml": "toml", ".ts": "typescript", ".tsx": "tsx", ".xml": "xml", ".yaml": "yaml", ".yml": "yaml",
}

// languagesByName is for files that are known by their whole name.
var languagesByName = map[string]string{
	"dockerfile": "dockerfile", "makefile": "makefile", "go.mod": "go", "mlmodel": "yaml", ".gitignore": "ini",
}

func language(file string) string {
	name := strings.ToLower(path.Base(file))
	if known := languagesByName[name]; known != "" {
		return known
	}
	return languages[path.Ext(name)]
}
