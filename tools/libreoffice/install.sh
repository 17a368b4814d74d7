#!/bin/sh
# Sees to it that there is a LibreOffice that runs without a screen and Python's bridge
# to it, for the test that edits a spreadsheet as people do.
set -eu
if command -v soffice >/dev/null && /usr/bin/python3 -c 'import uno' 2>/dev/null; then
	exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
	echo "The test of spreadsheets needs LibreOffice Calc and its Python bridge. Ask an administrator: apt install libreoffice-calc-nogui python3-uno" >&2
	exit 1
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends libreoffice-calc-nogui python3-uno >&2
