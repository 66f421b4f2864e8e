#!/bin/sh
# An example of what a hub runs in each server right after its start (`lifecycleHooks.postStart`), for sites
# where people have accounts and scratch folders of their own: where /s/USER/jupyterhub exists, it appears as
# ~/scratch. run_as_owner.py beside this lets the server run as the owner of that folder; values.yaml has both.

# Kubernetes ends a container whose hook fails and shows nobody what it printed: so this never fails, and
# speaks through the server's own log.
tell() {
    { echo "post-start: $*" > /proc/1/fd/2; } 2> /dev/null || echo "post-start: $*" >&2
}

user=${JUPYTERHUB_USER:-}
case $user in
    '' | .* | */*) exit 0 ;;
esac

folder=/s/$user/jupyterhub
[ -d "$folder" ] || exit 0

owner=$(stat -c %u "$folder")
if [ "$owner" != "$(id -u)" ]; then
    tell "$folder belongs to uid $owner, and this server runs as uid $(id -u): left out"
elif [ -e "$HOME/scratch" ] && [ ! -L "$HOME/scratch" ]; then
    tell "$HOME/scratch is there already: left alone"
else
    ln -sfn "$folder" "$HOME/scratch" || tell "$HOME cannot be written"
fi
exit 0
