#!/bin/bash
# Debian's cfssl as a peer: a CA with its key in a file, on loopback; it stores nothing that it signs.
#   cfssl.sh installed          exits 0 when the package is there: apt-get install golang-cfssl
#   cfssl.sh version            the version of the package
#   cfssl.sh prepare DIR        two self-signed CAs: DIR/ecdsa.pem with P-256, DIR/rsa.pem with RSA 2048
#   cfssl.sh serve DIR CA PORT  runs until ended; CA is ecdsa or rsa
set -euo pipefail

case "${1:-}" in
  installed)
    [ -x /usr/bin/cfssl ]
    ;;
  version)
    dpkg-query -W -f '${Version}\n' golang-cfssl
    ;;
  prepare)
    dir=$2
    mkdir -p "$dir"
    cat > "$dir/config.json" <<CONFIG
{"signing": {"default": {"expiry": "2160h", "usages": ["digital signature", "server auth"]}}}
CONFIG
    openssl ecparam -name prime256v1 -genkey -noout -out "$dir/ecdsa-key.pem"
    openssl genrsa -out "$dir/rsa-key.pem" 2048
    for ca in ecdsa rsa; do
      openssl req -x509 -new -key "$dir/$ca-key.pem" -subj "/CN=Peer $ca" -days 3650 -out "$dir/$ca.pem" \
        -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign'
    done
    ;;
  serve)
    exec /usr/bin/cfssl serve -address 127.0.0.1 -port "$4" -ca "$2/$3.pem" -ca-key "$2/$3-key.pem" \
      -config "$2/config.json" -loglevel 3
    ;;
  *)
    sed -n '2,6p' "$0" >&2
    exit 2
    ;;
esac
