#!/bin/bash
# Debian's Keystone as a peer, on loopback and in a folder of its own; nothing of an installed one is touched.
#   keystone.sh installed          exits 0 when the packages are there:
#                                  apt-get install --no-install-recommends python3-keystone uwsgi-core uwsgi-plugin-python3
#   keystone.sh version            the version of the package
#   keystone.sh prepare DIR        configuration, fernet keys, database, administrator "admin" / "peer-password"
#   keystone.sh serve DIR PORT     runs until ended
set -euo pipefail

case "${1:-}" in
  installed)
    [ -x /usr/bin/keystone-manage ] && [ -x /usr/bin/uwsgi ] && [ -e /usr/lib/uwsgi/plugins/python3_plugin.so ]
    ;;
  version)
    dpkg-query -W -f '${Version}\n' python3-keystone
    ;;
  prepare)
    dir=$2
    mkdir -p "$dir"
    # Memory caching is on: it is what an operator who cares for speed turns on, and it favours the peer.
    cat > "$dir/keystone.conf" <<CONF
[DEFAULT]
debug = false
use_stderr = false
log_file = $dir/keystone.log
[cache]
enabled = true
backend = dogpile.cache.memory
[database]
connection = sqlite:///$dir/keystone.db
[fernet_tokens]
key_repository = $dir/fernet-keys
[credential]
key_repository = $dir/credential-keys
[token]
provider = fernet
CONF
    mkdir -m 0700 "$dir/fernet-keys" "$dir/credential-keys"
    manage=(keystone-manage --config-file "$dir/keystone.conf")
    owner=(--keystone-user "$(id -un)" --keystone-group "$(id -gn)")
    "${manage[@]}" db_sync
    sqlite3=$(command -v sqlite3 || true)
    [ -z "$sqlite3" ] || "$sqlite3" "$dir/keystone.db" 'PRAGMA journal_mode=WAL' > /dev/null
    "${manage[@]}" fernet_setup "${owner[@]}"
    "${manage[@]}" credential_setup "${owner[@]}"
    "${manage[@]}" bootstrap --bootstrap-password peer-password --bootstrap-region-id peer \
      --bootstrap-public-url http://127.0.0.1/v3
    ;;
  serve)
    dir=$2
    port=$3
    # One worker for each request that waits on the database, and one that computes meanwhile.
    export OS_KEYSTONE_CONFIG_FILES="$dir/keystone.conf"
    exec uwsgi --plugin /usr/lib/uwsgi/plugins/http_plugin.so --plugin /usr/lib/uwsgi/plugins/python3_plugin.so \
      --http "127.0.0.1:$port" --http-keepalive --http-processes 1 \
      --socket "$dir/uwsgi.sock" --wsgi-file /usr/bin/keystone-wsgi-public \
      --master --processes "${KEYSTONE_WORKERS:-2}" --threads 1 --lazy-apps --need-app --die-on-term --disable-logging --add-header "Connection: keep-alive"
    ;;
  *)
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
