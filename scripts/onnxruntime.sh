#!/bin/sh
# Installs ONNX Runtime for Node (the judge of the models we write; tests only)
# into the user's cache unless it is there, and prints its node_modules folder.
set -eu

version=1.30.0
folder=${XDG_CACHE_HOME:-$HOME/.cache}/dasier/onnxruntime/$version

for tool in node npm; do
	command -v "$tool" >/dev/null || {
		echo "onnxruntime.sh: $tool is not installed: the ONNX tests need Node.js 20 or newer with npm (apt-get install nodejs npm)" >&2
		exit 1
	}
done

if [ ! -f "$folder/node_modules/.complete" ]; then
	# Into a folder of its own first: an interrupted or a second, simultaneous
	# installation must not leave half a one behind.
	mkdir -p "$folder"
	staging=$(mktemp -d "$folder/staging.XXXXXX")
	trap 'rm -rf "$staging"' EXIT
	again=$(cd "$(dirname "$0")" && pwd)/again.sh
	(cd "$staging" && "$again" npm install --ignore-scripts --no-audit --no-fund --silent "onnxruntime-node@$version") >&2
	touch "$staging/node_modules/.complete"
	mv -T "$staging/node_modules" "$folder/node_modules" 2>/dev/null || [ -f "$folder/node_modules/.complete" ] || {
		rm -rf "$folder/node_modules"
		mv -T "$staging/node_modules" "$folder/node_modules"
	}
fi
echo "$folder/node_modules"
