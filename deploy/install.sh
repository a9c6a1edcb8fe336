#!/usr/bin/env bash
# Installs Nachfass on a Debian 12 machine: `sudo deploy/install.sh office|public DOMAIN [OPTIONS]`
#   --mail ADDRESS  who gets the alarms and the mails of Let's Encrypt
#   --keys FILE     public service: the file /etc/nachfass/for-the-public-service.env that the office's installation wrote
#   --timers        office: systemd timers run the commands, no queue
#   --database URL  PostgreSQL instead of SQLite, such as postgres:////var/run/postgresql/nachfass on this machine
# Idempotent: running it again changes nothing that exists and finishes an interrupted run.
set -euo pipefail
# shellcheck source=deploy/lib.sh
source "$(dirname "$0")/lib.sh"

PACKAGES=(python3-venv nginx-light curl openssl)
mail='' keys='' timers='' database=''

main() {
  need_root
  read_arguments "$@"
  take_lock
  say "Installing Debian packages"
  install_packages
  say "Making the user, the folders and the env file"
  make_places
  write_env_file
  local release
  release=$(last_good)
  if [ -z "$release" ]; then
    rm -rf "$BASE"/releases/*
    release=$BASE/releases/$(date +%Y%m%d-%H%M%S)
    place_release "$release"
    make_secrets "$release"
    build_files "$release"
    migrate_data "$release" ''
  fi
  say "Starting the services"
  start "$release"
  say "Setting up nginx"
  set_up_nginx "$release"
  say "Done. $(next_step)"
}

read_arguments() {
  [ $# -ge 2 ] || die "Usage: $0 office|public DOMAIN [--mail ADDRESS] [--keys FILE] [--database URL] [--timers]"
  kind=$1 name=$2
  shift 2
  case $kind in office | public) ;; *) die "The first word must be office or public." ;; esac
  [[ $name =~ ^[a-z0-9-]+(\.[a-z0-9-]+)+$ ]] || die "$name is not a host name. Write it like feedback.example.com"
  while [ $# -gt 0 ]; do
    case $1 in
      --mail) mail=${2:?--mail needs an address} && shift 2 ;;
      --keys) keys=${2:?--keys needs a file} && shift 2 ;;
      --database) database=${2:?--database needs an address} && shift 2 ;;
      --timers) timers=yes && shift ;;
      *) die "Unknown option $1" ;;
    esac
  done
  [ -z "$keys" ] || [ -r "$keys" ] || die "There is no file $keys."
}

install_packages() {
  local missing=() package
  if [ "$kind" = public ] && ! has_certificate; then PACKAGES+=(certbot); fi
  for package in "${PACKAGES[@]}"; do
    dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  # Whichever nginx is here already will do.
  if command -v nginx >/dev/null; then missing=("${missing[@]/nginx-light/}"); fi
  # shellcheck disable=SC2206  # drops the empty ones
  missing=(${missing[@]})
  [ ${#missing[@]} -eq 0 ] && return
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
}

make_places() {
  id nachfass >/dev/null 2>&1 || useradd --system --user-group --home-dir "$STATE" --shell /usr/sbin/nologin nachfass
  install -d -o root -g root -m 755 "$BASE" "$BASE/releases" "$BASE/venvs"
  install -d -o nachfass -g nachfass -m 700 "$STATE"
  install -d -o root -g nachfass -m 750 "$CONFIG"
}

# The settings of this machine's kind, taken from .env.example. An existing file is left alone but for --keys.
write_env_file() {
  if [ ! -e "$ENV_FILE" ]; then
    local title=Office
    [ "$kind" = office ] || title='Public service'
    awk -v title="# == $title ==" '/^# == /{on = ($0 == title || $0 == "# == Both machines ==")} on' \
      "$SOURCE/.env.example" >"$ENV_FILE.new"
    chmod 600 "$ENV_FILE.new"
    set_value ALLOWED_HOSTS "$name" "$ENV_FILE.new"
    [ "$kind" = office ] || set_value FEEDBACK_BASE_URL "https://$name" "$ENV_FILE.new"
    [ "$kind" = public ] || set_value OFFICE_BASE_URL "https://$name" "$ENV_FILE.new"
    [ -z "$database" ] || set_value DATABASE_URL "$database" "$ENV_FILE.new"
    [ -z "$mail" ] || set_value ADMINS "$mail" "$ENV_FILE.new"
    mv "$ENV_FILE.new" "$ENV_FILE"
  fi
  [ "$(profile)" = "$kind" ] || die "This machine has the $(profile) profile already: $ENV_FILE says so."
  if [ -n "$keys" ]; then copy_values "$keys"; fi
  chown nachfass:nachfass "$ENV_FILE"
  chmod 600 "$ENV_FILE"
}

set_value() { # NAME VALUE FILE
  local escaped=${2//\\/\\\\}
  escaped=${escaped//&/\\&}
  if grep -q "^$1=" "$3"; then sed -i "s|^$1=.*|$1=${escaped//|/\\|}|" "$3"; else printf '%s=%s\n' "$1" "$2" >>"$3"; fi
}

copy_values() {
  local line
  while read -r line; do
    [[ $line =~ ^([A-Z_]+)=(.+)$ ]] && set_value "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "$ENV_FILE"
  done <"$1" || true
}

# The office makes the keys of both machines, once. What the other one needs lies beside its env file.
make_secrets() {
  [ -n "$(setting SECRET_KEY)" ] && return
  [ "$kind" = office ] || die "The keys are missing. Copy for-the-public-service.env from the office and run: $0 public $name --keys FILE"
  local fresh other=$CONFIG/for-the-public-service.env
  fresh=$(mktemp)
  (cd "$1" && SECRET_KEY=none-yet .venv/bin/python -B manage.py make_keys) >"$fresh"
  (umask 077 && sed -n '/^# For the env file of the public service/,$p' "$fresh" >"$other")
  sed -i '/^# For the env file of the public service/,$d' "$fresh"
  copy_values "$fresh"
  rm "$fresh"
}

start() {
  activate "$1" || die "The web server does not start. Look at: journalctl -u nachfass-web"
  local units=(nachfass-web.socket nachfass-web.service) timer
  if [ "$kind" = office ] && [ -z "$timers" ] && ! systemctl --quiet is-enabled nachfass-heartbeat.timer; then
    units+=(nachfass-worker.service nachfass-pulse.timer nachfass-watch_health.timer)
  else
    # Each job has one who runs it: an office that had the queue changes over.
    [ "$kind" = public ] || systemctl disable --quiet --now nachfass-worker.service nachfass-pulse.timer
    for timer in "$1/deploy/$kind"/units/*.timer; do
      [ "$(basename "$timer")" = nachfass-pulse.timer ] || units+=("$(basename "$timer")")
    done
  fi
  systemctl enable --quiet --now "${units[@]}"
}

set_up_nginx() {
  # Debian's welcome page would answer in our place.
  rm -f /etc/nginx/sites-enabled/default
  has_certificate || get_certificate "$1"
  # shellcheck disable=SC2046  # file names of our own
  install_sites "$1" $(sites) || die "nginx refuses its configuration; its message is above."
}

certificate() { if [ "$kind" = public ]; then echo "/etc/letsencrypt/live/$name/fullchain.pem"; else echo "$CONFIG/tls/fullchain.pem"; fi; }

has_certificate() { [ -e "$(certificate)" ]; }

get_certificate() {
  if [ "$kind" = office ]; then
    # Browsers will warn until the company's own certificate takes its place.
    install -d -m 700 "$CONFIG/tls"
    openssl req -x509 -newkey rsa:2048 -nodes -days 825 -subj "/CN=$name" -addext "subjectAltName=DNS:$name" \
      -keyout "$CONFIG/tls/privkey.pem" -out "$CONFIG/tls/fullchain.pem" 2>/dev/null
    return
  fi
  [ -n "$mail" ] || die "Let's Encrypt needs an address: run this again with --mail it@example.com"
  install -D -m 755 "$1/deploy/public/reload-nginx.sh" /etc/letsencrypt/renewal-hooks/deploy/nachfass
  mkdir -p /var/www/certbot
  install_sites "$1" nginx-http.conf
  certbot certonly --non-interactive --agree-tos --email "$mail" --webroot --webroot-path /var/www/certbot --domain "$name"
  systemctl enable --quiet --now certbot.timer
}

next_step() {
  if [ "$kind" = public ]; then
    echo "https://$name/healthz must answer from outside."
  else
    echo "Go on with docs/install_office_linux.md, 'The first sign-in'. The public service needs $CONFIG/for-the-public-service.env."
  fi
}

main "$@"
