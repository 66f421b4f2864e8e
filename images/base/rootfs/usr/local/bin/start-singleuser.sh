#!/bin/sh
# The server as a hub starts it. Host, port and prefix come from the hub's environment.
exec jupyterhub-singleuser "$@"
