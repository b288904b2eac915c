#!/bin/bash
# Debian's Barbican as a peer, on loopback and in a folder of its own; nothing of an installed one is touched.
#   barbican.sh installed          exits 0 when the packages are there:
#                                  apt-get install --no-install-recommends python3-barbican uwsgi-core uwsgi-plugin-python3
#   barbican.sh version            the version of the package
#   barbican.sh prepare DIR        configuration, database
#   barbican.sh serve DIR PORT     runs until ended
set -euo pipefail

case "${1:-}" in
  installed)
    [ -d /usr/lib/python3/dist-packages/barbican ] && [ -x /usr/bin/uwsgi ] && [ -e /usr/lib/uwsgi/plugins/python3_plugin.so ]
    ;;
  version)
    dpkg-query -W -f '${Version}\n' python3-barbican
    ;;
  prepare)
    dir=$2
    mkdir -p "$dir"
    # Callers are believed to be who they say, instead of asking Keystone for each: it favours the peer.
    cat > "$dir/barbican.conf" <<CONF
[DEFAULT]
debug = false
use_stderr = false
log_file = $dir/barbican.log
sql_connection = sqlite:///$dir/barbican.db
db_auto_create = false
[secretstore]
enabled_secretstore_plugins = store_crypto
[crypto]
enabled_crypto_plugins = simple_crypto
[simple_crypto_plugin]
kek = $(head -c 32 /dev/urandom | base64)
CONF
    cat > "$dir/barbican-api-paste.ini" <<PASTE
[composite:main]
use = egg:Paste#urlmap
/v1: barbican_api
[pipeline:barbican_api]
pipeline = unauthenticated-context apiapp
[app:apiapp]
paste.app_factory = barbican.api.app:create_main_app
[filter:unauthenticated-context]
paste.filter_factory = barbican.api.middleware.context:UnauthenticatedContextMiddleware.factory
PASTE
    cat > "$dir/app.py" <<PYTHON
from barbican.common import config
config.CONF(["--config-file", "$dir/barbican.conf"], project="barbican")
from paste import deploy
application = deploy.loadapp("config:$dir/barbican-api-paste.ini", name="main")
PYTHON
    /usr/bin/python3 - <<PYTHON
from barbican.common import config
config.CONF(["--config-file", "$dir/barbican.conf"], project="barbican")
from barbican.model.migration import commands
commands.upgrade(to_version="head", sql_url="sqlite:///$dir/barbican.db")
import sqlite3
sqlite3.connect("$dir/barbican.db").execute("PRAGMA journal_mode=WAL")
PYTHON
    ;;
  serve)
    dir=$2
    port=$3
    # One worker: with two of them SQLite has Barbican answer half of its calls with 500.
    exec uwsgi --plugin /usr/lib/uwsgi/plugins/http_plugin.so --plugin /usr/lib/uwsgi/plugins/python3_plugin.so \
      --http "127.0.0.1:$port" --http-keepalive --http-processes 1 \
      --socket "$dir/uwsgi.sock" --wsgi-file "$dir/app.py" \
      --master --processes "${BARBICAN_WORKERS:-1}" --threads 1 --lazy-apps --need-app --die-on-term --disable-logging --add-header "Connection: keep-alive"
    ;;
  *)
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
