#!/bin/sh
# Makes the accounts of the mounted file, each with a scratch folder under /s, then becomes the hub.
# Not started as root, as by a chart, it is the hub and nothing more.
set -eu

accounts=${HUB_DEV_ACCOUNTS:-/etc/hub-dev/accounts}
group=shared

fail() {
    echo "start-hub-dev: $*" >&2
    exit 1
}

# The file without comments and blank lines.
lines() {
    sed -e '/^[[:space:]]*#/d' -e '/^[[:space:]]*$/d' "$accounts"
}

if [ "$(id -u)" != 0 ]; then
    exec "$@"
fi
if [ ! -e "$accounts" ]; then
    echo "start-hub-dev: nobody can log in, for there is no $accounts; mount one (userid:password, one a line)" >&2
    exec "$@"
fi

lines | grep -n -v -E '^[a-z][a-z0-9_-]{0,30}:.' >&2 && fail "$accounts: lines such as these are no userid:password"
getent group "$group" > /dev/null || groupadd --gid 2000 "$group"
install -d -o root -g "$group" -m 2770 "/s/$group"

# Numbers follow the order of the file, so that scratch folders in a volume keep their owners.
uid=2001
for name in $(lines | cut -d: -f1); do
    [ "$name" != "$group" ] || fail "$accounts: \`$name\` is the name of the shared group"
    if ! getent passwd "$name" > /dev/null; then
        useradd --uid "$uid" --gid "$group" --no-log-init --no-create-home --home-dir "/s/$name" --shell /bin/bash "$name"
    elif [ "$(id -u "$name")" != "$uid" ]; then
        fail "$accounts: \`$name\` is an account of the system, or stands there twice"
    fi
    if [ ! -e "/s/$name" ]; then
        cp -R /opt/hub-dev/notebooks "/s/$name"
        chown -R "$name:$group" "/s/$name"
    fi
    # The group reads what its members have in their folders.
    chmod 2750 "/s/$name"
    uid=$((uid + 1))
done
lines | grep -v '^[^:]*:[$]' | chpasswd
lines | grep '^[^:]*:[$]' | chpasswd --encrypted

exec "$@"
