#!/bin/sh
# Shows the datasets in the home, which may be a folder of the laptop, and starts JupyterLab.
if [ -d /srv/data ] && [ ! -e "$HOME/data" ] && [ ! -L "$HOME/data" ]; then
    ln -s /srv/data "$HOME/data" || echo "start-local: $HOME cannot be written; the datasets are in /srv/data" >&2
fi
exec start-notebook.sh "$@"
