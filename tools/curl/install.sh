#!/bin/sh
# Sees to it that there is curl, for the test that pastes the documents' examples into a
# shell.
set -eu
if command -v curl >/dev/null; then
	exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
	echo "The test of the documents' examples needs curl. Ask an administrator: apt install curl" >&2
	exit 1
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends curl >&2
