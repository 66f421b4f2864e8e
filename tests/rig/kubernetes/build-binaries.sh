#!/bin/sh
# Builds the programs of the Kubernetes rig into DIR: ten minutes on two processors, 0.6 GB.
#
#   tests/rig/kubernetes/build-binaries.sh DIR
#   HUBWRIGHT_KUBERNETES=DIR npm run test:full -- prepull hub-on-cluster
#
# Needs Go 1.24 or newer, apt, and the Go module proxy. Everything is pinned: the control plane and kubelet by
# control-plane/go.mod and go.sum, kwok by its version, etcd and the network plugins by the distribution.
set -eu

[ $# -eq 1 ] || { sed -n '2,7p' "$0" >&2; exit 2; }
here=$(cd -- "$(dirname -- "$0")" && pwd)
mkdir -p -- "$1/bin" "$1/cni/bin" "$1/debs"
dir=$(cd -- "$1" && pwd)
version=1.34.2
kwok=v0.7.0
export CGO_ENABLED=0

cd "$dir/debs"
apt-get download -q etcd-server docker-registry containernetworking-plugins
for package in *.deb; do dpkg -x "$package" unpacked; done
cp unpacked/usr/bin/etcd unpacked/usr/bin/docker-registry "$dir/bin/"
cp unpacked/usr/lib/cni/* "$dir/cni/bin/"
rm -rf "$dir/debs"

cd "$here/control-plane"
base=k8s.io/component-base/version
named="-s -w -X $base.gitVersion=v$version -X $base.gitMajor=1 -X $base.gitMinor=34 -X $base.gitTreeState=clean"
for program in kube-apiserver kube-controller-manager kube-scheduler kubelet; do
  go build -trimpath -mod=readonly -ldflags "$named" -o "$dir/bin/$program" "k8s.io/kubernetes/cmd/$program"
done
cd /
GOBIN=$dir/bin go install -trimpath \
  -ldflags "-s -w -X sigs.k8s.io/kwok/pkg/consts.Version=$kwok" "sigs.k8s.io/kwok/cmd/kwok@$kwok"
ls -l "$dir/bin"
