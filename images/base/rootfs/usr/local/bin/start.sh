#!/bin/sh
# Prepares a container's environment, then becomes the command.

# git's lowest level of configuration, so that everything the user sets himself wins.
if [ -n "$JUPYTERHUB_USER" ]; then
    identity=$(mktemp /tmp/gitconfig.XXXXXX) && {
        case $JUPYTERHUB_USER in
            *@*) email=$JUPYTERHUB_USER ;;
            *) email=$JUPYTERHUB_USER@${GIT_EMAIL_DOMAIN:-localhost} ;;
        esac
        git config --file "$identity" include.path /etc/gitconfig
        git config --file "$identity" user.name "$JUPYTERHUB_USER"
        git config --file "$identity" user.email "$email"
        export GIT_CONFIG_SYSTEM="$identity"
    }
fi

# The hub's menu offers folders that a new home does not have yet; without it the server would exit.
case $JUPYTERHUB_ROOT_DIR in
    "$HOME"/*) mkdir -p "$JUPYTERHUB_ROOT_DIR" ;;
esac

# Kubernetes sets this to an address where a service happens to be called `jupyter`.
case $JUPYTER_PORT in
    tcp://*) unset JUPYTER_PORT ;;
esac

exec "$@"
