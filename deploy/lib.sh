# Shared by install.sh and update.sh: puts this source tree beside the running release and switches to it.
# A release is a folder of its own, with links to its packages, its data and its env file.
# shellcheck shell=bash

readonly BASE=/opt/nachfass STATE=/var/lib/nachfass CONFIG=/etc/nachfass
readonly ENV_FILE=$CONFIG/nachfass.env
readonly PARTS=(manage.py .env.example crm offers feedback reminders stats templates locale static requirements deploy)
readonly KEEP_RELEASES=3
# How long a release may take until it answers.
readonly HEALTH_SECONDS=${HEALTH_SECONDS:-30}
SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly SOURCE

say() { printf '== %s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

need_root() { [ "$(id -u)" -eq 0 ] || die "Run this as root: sudo $0"; }

take_lock() {
  exec 9>/run/lock/nachfass-update.lock
  flock --nonblock 9 || die "Another installation or update is running. Wait until it is done."
}

setting() { sed -n "s/^$1=//p" "$ENV_FILE" | tail -1; }

profile() { setting DJANGO_SETTINGS_MODULE | sed 's/^crm\.settings\.//'; }

domain() { setting ALLOWED_HOSTS | cut -d, -f1; }

# manage RELEASE COMMAND…: a command of that release, as the service runs it.
manage() {
  local release=$1
  shift
  (cd "$release" && runuser -u nachfass -- env -i PATH=/usr/bin:/bin HOME="$STATE" LANG=C.UTF-8 .venv/bin/python -B manage.py "$@")
}

copy_source() {
  local release=$1
  mkdir -p "$release"
  tar -C "$SOURCE" --exclude=__pycache__ -cf - "${PARTS[@]}" | tar -C "$release" --no-same-owner -xf -
  chmod -R u=rwX,go=rX "$release"
  ln -sfn "$STATE" "$release/var"
  ln -sfn "$ENV_FILE" "$release/.env"
}

# Releases with the same packages share them, so most updates install none.
link_packages() {
  local release=$1 list=$1/requirements/$2.txt venv
  venv=$BASE/venvs/$( { /usr/bin/python3 --version; cat "$list"; } | sha256sum | cut -c1-16)
  if [ ! -e "$venv/.complete" ]; then
    rm -rf "$venv"
    /usr/bin/python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$list"
    touch "$venv/.complete"
  fi
  ln -sfn "$venv" "$release/.venv"
}

# Generated files of a release; the service may not write there.
build_files() {
  local release=$1 command
  say "Preparing its files"
  for command in "compile_catalogues" "collectstatic --no-input --verbosity=0"; do
    # shellcheck disable=SC2086
    (cd "$release" && LOG_DIR='' .venv/bin/python -B manage.py $command >/dev/null)
  done
  (cd "$release" && .venv/bin/python -m compileall -q crm offers feedback reminders stats)
}

install_units() {
  local release=$1 units=$1/deploy/$2/units
  install -D -m 644 "$release/deploy/common/nachfass-.service.d.conf" /etc/systemd/system/nachfass-.service.d/hardening.conf
  install -m 644 "$release"/deploy/common/nachfass-*.{socket,service} "$units"/* /etc/systemd/system/
  systemctl daemon-reload
}

# install_sites RELEASE FILE…: nginx serves these files of the release; what it served before is put back if they are wrong.
install_sites() {
  local release=$1 name kept
  shift
  kept=$(mktemp -d)
  for name in "$@"; do
    [ ! -e "/etc/nginx/conf.d/nachfass-$name" ] || cp "/etc/nginx/conf.d/nachfass-$name" "$kept/nachfass-$name"
    # In one step: killed in the middle of it, nginx still finds a whole file when the machine starts again.
    sed "s/DOMAIN/$(domain)/g" "$release/deploy/$(profile)/$name" >"/etc/nginx/conf.d/nachfass-$name.new"
    mv "/etc/nginx/conf.d/nachfass-$name.new" "/etc/nginx/conf.d/nachfass-$name"
  done
  if ! nginx -t -q; then
    for name in "$@"; do rm -f "/etc/nginx/conf.d/nachfass-$name"; done
    cp "$kept"/* /etc/nginx/conf.d/ 2>/dev/null || true
    rm -r "$kept"
    return 1
  fi
  rm -r "$kept"
  systemctl reload-or-restart nginx
}

sites() { if [ "$(profile)" = public ]; then echo nginx-http.conf nginx.conf; else echo nginx.conf; fi; }

is_healthy() {
  local until=$((SECONDS + HEALTH_SECONDS))
  while [ "$SECONDS" -lt "$until" ]; do
    if curl --silent --fail --max-time 3 --output /dev/null --unix-socket /run/nachfass/web.sock \
      --header "Host: $(domain)" --header "X-Forwarded-Proto: https" http://localhost/healthz; then return 0; fi
    sleep 0.5
  done
  return 1
}

# The link is replaced atomically, so it always leads to a release.
switch_link() {
  ln -sfn "$1" "$BASE/.next"
  mv -T "$BASE/.next" "$BASE/current"
}

restart_worker() { [ "$(profile)" = public ] || systemctl try-restart nachfass-worker.service nachfass-watch.service; }

# activate RELEASE: run it. Fails, without cleaning up, if it does not start.
activate() {
  local release=$1
  switch_link "$release" &&
    install_units "$release" "$(profile)" &&
    systemctl restart nachfass-web.service &&
    restart_worker &&
    is_healthy &&
    touch "$release/.healthy"
}

# The newest release that has run well; empty at the first installation. `current` itself may never have been tried.
last_good() { find "$BASE"/releases -mindepth 2 -maxdepth 2 -name .healthy -printf '%h\n' | sort | tail -1; }

place_release() {
  local release=$1
  say "Copying the program to $release"
  copy_source "$release"
  say "Installing its packages"
  link_packages "$release" "$(profile)"
}

# The old release goes on running meanwhile, on a database that is newer than itself: see docs/decisions.md on migrations.
migrate_data() {
  local release=$1 old=$2
  say "Checking the settings"
  manage "$release" check --deploy --fail-level ERROR
  if [ -n "$old" ]; then
    say "Backing up the database"
    manage "$old" backup
  fi
  say "Migrating the database"
  manage "$release" migrate --no-input --verbosity=0
  if [ "$(profile)" = office ]; then manage "$release" setup_schedules; fi
}

remove_old_releases() {
  local current release
  current=$(readlink -f "$BASE/current")
  find "$BASE/releases" -mindepth 1 -maxdepth 1 -type d | sort | head -n "-$KEEP_RELEASES" | while read -r release; do
    [ "$release" = "$current" ] || rm -rf "$release"
  done
  find "$BASE/venvs" -mindepth 1 -maxdepth 1 -type d | while read -r venv; do
    find "$BASE/releases" -maxdepth 2 -name .venv -lname "$venv" | grep -q . || rm -rf "$venv"
  done
}

# Removes what an interrupted run left: releases that neither run nor have ever been healthy.
remove_unfinished_releases() {
  local release
  find "$BASE/releases" -mindepth 1 -maxdepth 1 -type d | while read -r release; do
    [ -e "$release/.healthy" ] || [ "$release" = "$(readlink -f "$BASE/current")" ] || rm -rf "$release"
  done
}
