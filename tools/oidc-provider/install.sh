#!/bin/sh
# Installs the OpenID provider that the tests sign in at; quick when it is done.
set -eu
cd "$(dirname "$0")"
if [ -d node_modules ] && [ node_modules/.package-lock.json -nt package-lock.json ]; then
  exit 0
fi
npm ci --no-fund --no-audit --loglevel=error
touch node_modules/.package-lock.json
