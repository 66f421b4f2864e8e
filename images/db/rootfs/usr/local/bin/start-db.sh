#!/bin/sh
# Makes the database on an empty volume, then becomes the server. On a kept volume nothing is
# changed: users and passwords stay what they are.
#   MYSQL_ROOT_PASSWORD          required on an empty volume, or
#   MYSQL_ALLOW_EMPTY_PASSWORD   set to anything: root without a password, from this machine only
#   MYSQL_DATABASE               a database to create
#   MYSQL_USER, MYSQL_PASSWORD   a user to create, who owns that database
set -eu

volume=/var/lib/mysql
data=$volume/data

fail() {
    echo "start-db: $*" >&2
    exit 1
}

# A text as SQL wants it between quotes.
quoted() {
    printf "'%s'" "$(printf '%s' "$1" | sed "s/[\\\\']/\\\\&/g")"
}

# Not echo, which may read backslashes.
line() {
    printf '%s\n' "$1"
}

# The SQL that makes users and database, for a server that does not check who asks.
first_users() {
    # The tables come with passwordless accounts for every name of this machine.
    line "DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host <> 'localhost');"
    line "DELETE FROM mysql.proxies_priv WHERE Host <> 'localhost';"
    line 'FLUSH PRIVILEGES;'
    if [ -n "${MYSQL_ROOT_PASSWORD:-}" ]; then
        password=$(quoted "$MYSQL_ROOT_PASSWORD")
        line "ALTER USER root@localhost IDENTIFIED BY $password;"
        line "CREATE OR REPLACE USER root@'%' IDENTIFIED BY $password;"
        line "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;"
    else
        line "ALTER USER root@localhost IDENTIFIED BY '';"
        line "CREATE OR REPLACE USER root@127.0.0.1 IDENTIFIED BY '';"
        line "GRANT ALL ON *.* TO root@127.0.0.1 WITH GRANT OPTION;"
    fi
    if [ -n "${MYSQL_DATABASE:-}" ]; then
        database=\`$(printf '%s' "$MYSQL_DATABASE" | sed 's/`/``/g')\`
        line "CREATE DATABASE IF NOT EXISTS $database;"
    fi
    if [ -n "${MYSQL_USER:-}" ]; then
        user=$(quoted "$MYSQL_USER")@\'%\'
        line "CREATE USER $user IDENTIFIED BY $(quoted "$MYSQL_PASSWORD");"
        if [ -n "${MYSQL_DATABASE:-}" ]; then
            # In a GRANT the name is a pattern, where _ and % stand for anything.
            pattern=$(printf '%s' "$database" | sed 's/[_%]/\\&/g')
            line "GRANT ALL ON $pattern.* TO $user;"
        fi
    fi
}

# In a folder of its own that is renamed at the end: one that was interrupted begins anew.
initialise() {
    new=$volume/data.new
    rm -rf "$new"
    mkdir -m 0700 "$new"
    mariadb-install-db --datadir="$new" --auth-root-authentication-method=normal \
        --skip-test-db --skip-name-resolve >&2
    first_users | mariadbd --bootstrap --datadir="$new"
    mv "$new" "$data"
}

# Started as root, it makes the volume its own and goes on as mysql.
if [ "$(id -u)" = 0 ]; then
    chown 1000:100 "$volume"
    [ ! -e "$data" ] || chown -R 1000:1000 "$data"
    exec setpriv --reuid=1000 --regid=1000 --init-groups "$0" "$@"
fi

if [ "${1:-}" = mariadbd ] && [ ! -e "$data" ]; then
    [ -n "${MYSQL_ROOT_PASSWORD:-}${MYSQL_ALLOW_EMPTY_PASSWORD:-}" ] ||
        fail 'the volume is empty: MYSQL_ROOT_PASSWORD is needed, or MYSQL_ALLOW_EMPTY_PASSWORD'
    [ "${MYSQL_USER:-}" != root ] || fail 'MYSQL_USER=root: root exists, its password is MYSQL_ROOT_PASSWORD'
    [ -z "${MYSQL_USER:-}" ] || [ -n "${MYSQL_PASSWORD:-}" ] || fail 'MYSQL_USER needs MYSQL_PASSWORD'
    [ -w "$volume" ] || fail "uid $(id -u) cannot write to $volume"
    initialise
fi

# What runs on needs the passwords no longer.
unset MYSQL_ROOT_PASSWORD MYSQL_PASSWORD
exec "$@"
