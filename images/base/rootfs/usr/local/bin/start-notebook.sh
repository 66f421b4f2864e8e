#!/bin/sh
# Under a hub the hub's server, otherwise JupyterLab by itself.
if [ -n "$JUPYTERHUB_API_TOKEN" ]; then
    exec start-singleuser.sh "$@"
fi
exec jupyter lab "$@"
