#!/usr/bin/env bash
# Builds a stand-in for the official Node image where no image registry is reached: a minimal Debian with Node and npm
# from the npm registry, under the name that the Dockerfile uses.
# usage: make-base.sh <image name> <node version>
set -euo pipefail
name=$1 version=$2
case $(dpkg --print-architecture) in amd64) arch=x64 ;; arm64) arch=arm64 ;; *) echo "no Node for this machine" >&2; exit 1 ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

(cd "$work" && npm pack --silent "node-linux-$arch@$version" npm@11 >/dev/null) &
packing=$!
debootstrap --variant=minbase bookworm "$root" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 1; }
wait "$packing"

install -d "$work/node" "$root/usr/local/lib/node_modules/npm"
tar xzf "$work"/node-linux-*.tgz -C "$work/node" --strip-components=1
install -m 755 "$work/node/bin/node" "$root/usr/local/bin/node"
tar xzf "$work"/npm-*.tgz -C "$root/usr/local/lib/node_modules/npm" --strip-components=1
chmod +x "$root"/usr/local/lib/node_modules/npm/bin/*.js
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/usr/share/{doc,man,locale,info}
chroot "$root" sh -c 'groupadd --gid 1000 node && useradd --uid 1000 --gid 1000 --create-home --shell /bin/bash node'

# A machine behind a proxy with a certificate of its own, or with its own npm settings: npm inside the build needs both.
certificates=$(npm config get cafile)
[ -f "$certificates" ] || certificates=${NODE_EXTRA_CA_CERTS:-}
if [ -f "$certificates" ]; then
  install -D -m 644 "$certificates" "$root/etc/ssl/certs/ca-certificates.crt"
  echo 'cafile=/etc/ssl/certs/ca-certificates.crt' >"$root/usr/local/lib/node_modules/npm/npmrc"
fi
registry=$(npm config get registry)
echo "registry=$registry" >>"$root/usr/local/lib/node_modules/npm/npmrc"

tar -C "$root" -c . | podman import --quiet --change 'CMD ["node"]' \
  --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$name"
