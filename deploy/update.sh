#!/usr/bin/env bash
# Updates this machine to the release that this script belongs to: unpack it anywhere and run `sudo deploy/update.sh`.
# The old release runs on until the new one is built, checked and migrated; if the new one does not start, the old one
# is started again. Stopped or killed at any point, one of the two is running: then simply run it again.
set -euo pipefail
# shellcheck source=deploy/lib.sh
source "$(dirname "$0")/lib.sh"

main() {
  need_root
  take_lock
  [ -e "$ENV_FILE" ] || die "Nachfass is not installed here. Run deploy/install.sh first."
  local old release
  remove_unfinished_releases
  old=$(last_good)
  [ -n "$old" ] || die "The installation was not finished. Run deploy/install.sh again."
  release=$BASE/releases/$(date +%Y%m%d-%H%M%S)
  place_release "$release"
  build_files "$release"
  migrate_data "$release" "$old"
  say "Switching to the new release"
  # shellcheck disable=SC2046  # file names of our own
  if activate "$release" && install_sites "$release" $(sites); then
    remove_old_releases
    say "Done, $(basename "$release") is running"
  else
    go_back "$old"
  fi
}

go_back() {
  say "The new release does not run, going back to $(basename "$1")"
  rm -f "$(readlink -f "$BASE/current")/.healthy"
  activate "$1" || die "The old release does not start either. Look at: journalctl -u nachfass-web"
  die "Only the database has changed, which the old release can read. Look at: journalctl -u nachfass-web"
}

main
