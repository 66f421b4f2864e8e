# Login shells (JupyterLab's terminals) begin with Debian's PATH; add what `pip install --user` puts into the home.
PATH="$PATH:$HOME/.local/bin"
