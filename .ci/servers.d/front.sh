# shellcheck shell=bash disable=SC2034,SC2154 # .ci/servers reads it, and has the rest
# What stands before a server. HAProxy takes connections with a PROXY header, and without (plain), and passes on to the Postfix of
# .ci/servers with a header of its own. microsocks is a SOCKS proxy, for everybody and for a user with a password (socks_login).

ports=(haproxy plain socks socks_login)

install() {
  unpack bookworm haproxy microsocks
}

configuration() {
  cat <<CONF
global
  uid 65534
  gid 65534
  maxconn 500
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen believes
  bind 127.0.0.1:$haproxy_port accept-proxy
  server postfix 127.0.0.1:$behind send-proxy
listen tells
  bind 127.0.0.1:$plain_port
  server postfix 127.0.0.1:$behind send-proxy-v2
CONF
}

configure() {
  local behind
  behind=$(sed -n "s/^proxy_port='\(.*\)'$/\1/p" "$dir/postfix/facts") || die "front stands before Postfix: .ci/servers up postfix front"
  configuration >"$home/root/etc/haproxy.cfg"
}

start() {
  begin_in_root /usr/sbin/haproxy -db -f /etc/haproxy.cfg
  begin_in_root /usr/bin/microsocks -i 127.0.0.1 -p "$socks_port"
  begin_in_root /usr/bin/microsocks -i 127.0.0.1 -p "$socks_login_port" -u walter -P "$password"
}

facts() {
  fact name front
  fact version "HAProxy $(package_version bookworm haproxy), microsocks $(package_version bookworm microsocks)"
  local port
  for port in "${ports[@]}"; do
    port=${port}_port
    fact "$port" "${!port}"
  done
  fact socks_user walter
  fact socks_password "$password"
  fact log "$log"
}
