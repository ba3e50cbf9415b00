# shellcheck shell=bash disable=SC2034,SC2154 # .ci/servers reads it, and has the rest
# Dovecot: LMTP, on a port and on a UNIX socket, and submission, which passes on to an aiosmtpd of its own that keeps all in the same
# Maildirs. What is sent to full@ is refused after DATA: the quota is one byte. EXTERNAL is for who shows a client's certificate.

ports=(smtps submission lmtp backend)
mechanisms="PLAIN LOGIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-1 SCRAM-SHA-256 OAUTHBEARER XOAUTH2"

install() {
  unpack bookworm dovecot-core dovecot-lmtpd dovecot-submissiond
  system_user dovecot 101
  system_user dovenull 102
  unpack_python
}

# base64url reads bytes, and prints them as RFC 7515 2 has them.
base64url() {
  openssl base64 -A | tr '+/' '-_' | tr -d =
}

# token makes a JWT (RFC 7519) that is signed with a key and holds for a day.
token() {
  local key=$1 claims signed
  claims=$(printf '{"sub":"%s","iat":%d,"exp":%d}' "valid@$domain" "$EPOCHSECONDS" $((EPOCHSECONDS + 86400)) | base64url)
  signed=$(printf '{"alg":"HS256","typ":"JWT"}' | base64url).$claims
  printf '%s.%s' "$signed" "$(printf %s "$signed" | openssl dgst -sha256 -hmac "$key" -binary | base64url)"
}

configuration() {
  cat <<CONF
protocols = lmtp submission
listen = 127.0.0.1
hostname = $hostname
postmaster_address = postmaster@$domain
sendmail_path = /bin/false
log_path = /dev/stderr
base_dir = /run/dovecot
mail_location = maildir:~/
mail_plugins = quota
plugin {
  quota = maildir:User quota
  quota_grace = 0
}
first_valid_uid = 1

auth_mechanisms = ${mechanisms,,} external
auth_username_format = %Lu
auth_failure_delay = 0
auth_ssl_username_from_cert = yes
disable_plaintext_auth = no
passdb {
  driver = static
  mechanisms = external
  args = nopassword
}
passdb {
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = /etc/dovecot/oauth2.conf
}
passdb {
  driver = passwd-file
  mechanisms = plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256
  args = /etc/dovecot/users
}
userdb {
  driver = passwd-file
  args = /etc/dovecot/users
}

ssl = yes
ssl_cert = </etc/tls/server.pem
ssl_key = </etc/tls/server.key
ssl_ca = </etc/tls/ca.pem
ssl_require_crl = no
ssl_verify_client_cert = yes

service lmtp {
  process_limit = 100
  inet_listener lmtp {
    port = $lmtp_port
  }
  unix_listener lmtp {
    mode = 0666
  }
}
service submission-login {
  process_limit = 200
  inet_listener submission {
    port = $submission_port
  }
  inet_listener submissions {
    port = $smtps_port
    ssl = yes
  }
}
submission_relay_host = 127.0.0.1
submission_relay_port = $backend_port
submission_max_mail_size = 20M
# Who fails often is not made to wait: here that is the test itself.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
CONF
}

oauth2() {
  cat <<CONF
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=/etc/dovecot/keys/
username_attribute = sub
CONF
}

users() {
  local user
  for user in valid second postmaster full; do
    echo "$user@$domain:{PLAIN}$password:65534:65534::/mail/$user::$([[ $user != full ]] || echo userdb_quota_rule=*:bytes=1)"
  done
}

configure() {
  local etc=$home/root/etc
  mkdir -p "$etc/tls" "$etc/dovecot/keys/default/HS256"
  cp "$dir/tls"/{server.pem,server.key,ca.pem} "$etc/tls"
  chmod 600 "$etc/tls/server.key"
  users >"$etc/dovecot/users"
  oauth2 >"$etc/dovecot/oauth2.conf"
  configuration >"$etc/dovecot/dovecot.conf"
  key=$(openssl rand -hex 32)
  printf %s "$key" | openssl base64 -A >"$etc/dovecot/keys/default/HS256/default"
  bearer=$(token "$key")
}

start() {
  begin_python --name "$hostname" --mail "$mail" --keep --smtp "$backend_port"
  begin_in_root /usr/sbin/dovecot -F
}

facts() {
  common_facts "Dovecot $(package_version bookworm dovecot-core)"
  fact socket "$home/root/run/dovecot/lmtp"
  fact mechanisms "$mechanisms"
  fact token "$bearer"
  fact full_rcpt "full@$domain"
}
