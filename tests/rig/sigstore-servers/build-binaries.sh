#!/bin/sh
# Builds Sigstore's own servers, Fulcio and its timestamp authority, into DIR: some minutes on two processors, 75 MB.
#
#   tests/rig/sigstore-servers/build-binaries.sh DIR
#   HUBWRIGHT_SIGSTORE=DIR npm run test:full -- keyless
#
# Needs Go 1.25 or newer and the Go module proxy. Both are pinned by their versions.
set -eu

[ $# -eq 1 ] || { sed -n '2,7p' "$0" >&2; exit 2; }
mkdir -p -- "$1"
dir=$(cd -- "$1" && pwd)
export CGO_ENABLED=0 GOBIN="$dir"
cd /
go install -trimpath -ldflags '-s -w' github.com/sigstore/fulcio@v1.8.8
go install -trimpath -ldflags '-s -w' github.com/sigstore/timestamp-authority/cmd/timestamp-server@v1.2.9
ls -l "$dir"
