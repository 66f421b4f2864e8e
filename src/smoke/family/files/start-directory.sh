# Makes a CA, certificates and a directory of people, then becomes slapd. Debian's slapd and openssl.
#   SUFFIX   the directory's root entry       PEOPLE   the people and groups, as LDIF
#   GATEWAY  address of the emulated Kubernetes API, for its certificate
set -eu
umask 077
pki=/run/pki
mkdir -p "$pki" /var/lib/ldap/people
cd "$pki"

authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -addext keyUsage=critical,keyCertSign,cRLSign -subj "/CN=$2" -keyout "$1.key" -out "$1.crt" 2>/dev/null
}
certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2>/dev/null
    # What a strict client asks for (RFC 5280): who signed it, and what the key is for.
    printf '%s\n' "subjectAltName=$2" authorityKeyIdentifier=keyid subjectKeyIdentifier=hash \
        keyUsage=digitalSignature extendedKeyUsage=serverAuth basicConstraints=CA:FALSE > "$1.ext"
    openssl x509 -req -days 2 -in "$1.csr" -extfile "$1.ext" -CA ca.crt -CAkey ca.key -CAcreateserial \
        -out "$1.crt" 2>/dev/null
}
authority ca 'CA of this test'
authority other-ca 'CA of somebody else'
certificate ldap DNS:ldap
certificate kubernetes "IP:$GATEWAY"

cat > slapd.conf <<CONF
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile $pki/ca.crt
TLSCertificateFile $pki/ldap.crt
TLSCertificateKeyFile $pki/ldap.key
# A password that comes without TLS is refused.
security simple_bind=128
database mdb
suffix "$SUFFIX"
directory /var/lib/ldap/people
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
CONF
printf '%s\n' "$PEOPLE" | slapadd -q -f slapd.conf
exec slapd -d stats -f slapd.conf -h ldap://0.0.0.0:389
