# shellcheck shell=bash disable=SC2034,SC2154 # .ci/servers reads it, and has the rest
# Dovecot 2.4, Debian 13's: submission alone, for SCRAM with channel binding, which Debian 12 has in no server. It passes on to an aiosmtpd
# of its own.

ports=(smtps submission backend)
mechanisms="PLAIN SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS"

install() {
  unpack trixie dovecot-core dovecot-submissiond
  system_user dovecot 101
  system_user dovenull 102
  unpack_python
}

configuration() {
  cat <<CONF
dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
protocols = submission
listen = 127.0.0.1
hostname = $hostname
sendmail_path = /bin/false
log_path = /dev/stderr
base_dir = /run/dovecot
mail_driver = maildir
mail_path = ~/
first_valid_uid = 1
auth_mechanisms = ${mechanisms,,}
auth_failure_delay = 0
passdb passwd-file {
  passwd_file_path = /etc/dovecot/users
}
userdb passwd-file {
  passwd_file_path = /etc/dovecot/users
}
ssl = required
ssl_server_cert_file = /etc/tls/server.pem
ssl_server_key_file = /etc/tls/server.key
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
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
CONF
}

configure() {
  local etc=$home/root/etc
  mkdir -p "$etc/tls" "$etc/dovecot"
  cp "$dir/tls"/server.{pem,key} "$etc/tls"
  chmod 600 "$etc/tls/server.key"
  echo "valid@$domain:{PLAIN}$password:65534:65534::/mail/valid::" >"$etc/dovecot/users"
  configuration >"$etc/dovecot/dovecot.conf"
}

start() {
  begin_python --name "$hostname" --mail "$mail" --keep --smtp "$backend_port"
  begin_in_root /usr/sbin/dovecot -F
}

facts() {
  common_facts "Dovecot $(package_version trixie dovecot-core)"
  fact mechanisms "$mechanisms"
}
