#!/bin/sh
# Sees to it that there are the programs that deploy/ is written for, nginx, Caddy and
# systemd-analyze, for the tests that run them. The proxies are unpacked beside this
# file and not installed: an installed one starts at once, and takes port 80.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/root/usr/sbin:$PWD/root/usr/bin:$PATH:/usr/sbin

missing=
for program in nginx caddy; do
	"$program" -v >/dev/null 2>&1 || "$program" version >/dev/null 2>&1 || missing="$missing $program"
done
analyze=
command -v systemd-analyze >/dev/null || analyze=yes
if [ -z "$missing$analyze" ]; then
	exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
	echo "The tests of deploy/ need nginx, caddy and systemd-analyze on PATH. Ask an administrator: apt install nginx caddy systemd" >&2
	exit 1
fi
apt-get update -qq
if [ -n "$analyze" ]; then
	apt-get install -y -qq --no-install-recommends systemd >&2
fi
if [ -n "$missing" ]; then
	# What nginx is linked to; Caddy is linked to nothing.
	apt-get install -y -qq --no-install-recommends --no-upgrade libcrypt1 libpcre2-8-0 libssl3 zlib1g >&2
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	chmod 755 "$work"
	# The word "missing" is split on purpose: one package a word.
	# shellcheck disable=SC2086
	(cd "$work" && apt-get download -qq -o APT::Sandbox::User=root $missing >&2)
	for package in "$work"/*.deb; do
		dpkg -x "$package" root
	done
fi
