#!/bin/sh
# Writes the server's configuration from the environment, makes the volume ready, and becomes the server.
# Anything given as a command is run instead.
set -eu

[ $# = 0 ] || exec "$@"

volume=/srv/nbgrader/exchange
config=/run/ganesha/ganesha.conf

fail() {
    echo "start-nfs: $*" >&2
    exit 1
}

# number NAME VALUE: an id as it may stand in the configuration; never root's.
number() {
    case $2 in
        '' | *[!0-9]* | 0*) fail "$1=$2: a number above 0 is needed" ;;
    esac
}

# export_block NUMBER NAME UID GID
export_block() {
    cat <<EXPORT
EXPORT {
    Export_Id = $1;
    Path = $volume;
    Pseudo = /$2;
    Squash = All_Squash;
    Anonymous_uid = $3;
    Anonymous_gid = $4;
    FSAL { Name = VFS; }
}
EXPORT
}

number NFS_ANON_UID "${NFS_ANON_UID:-}"
number NFS_ANON_GID "${NFS_ANON_GID:-}"
number NFS_STUDENT_UID "${NFS_STUDENT_UID:-}"
number NFS_STUDENT_GID "${NFS_STUDENT_GID:-}"
[ "$NFS_ANON_UID" != "$NFS_STUDENT_UID" ] ||
    fail "NFS_ANON_UID and NFS_STUDENT_UID are both $NFS_ANON_UID: students would own their instructors' folders"

# Everybody may begin a course's folder there, and nobody takes away another's (the sticky bit). Only the
# volume's own folder is touched: what courses have in it is theirs.
chown "$NFS_ANON_UID:$NFS_ANON_GID" "$volume"
chmod 1777 "$volume"

# Protocol 4 alone needs neither rpcbind nor locks of its own. A container may not claim to be an I/O
# flusher, and has nobody who would wait for a grace period after a restart.
mkdir -p "${config%/*}"
{
    cat <<'CORE'
NFS_CORE_PARAM {
    Protocols = 4;
    Enable_NLM = false;
    Enable_RQUOTA = false;
    Enable_UDP = false;
    allow_set_io_flusher_fail = true;
}
NFSv4 {
    Minor_Versions = 0, 1, 2;
    Graceless = true;
    Only_Numeric_Owners = true;
}
NFS_KRB5 { Active_krb5 = false; }
EXPORT_DEFAULTS {
    Access_Type = RW;
    Protocols = 4;
    Transports = TCP;
    SecType = sys;
}
CORE
    export_block 1 exchange "$NFS_ANON_UID" "$NFS_ANON_GID"
    export_block 2 exchange-students "$NFS_STUDENT_UID" "$NFS_STUDENT_GID"
} > "$config"

exec ganesha.nfsd -F -L /dev/stdout -f "$config" -p "${config%/*}/ganesha.pid" -N "${NFS_LOG_LEVEL:-NIV_EVENT}"
