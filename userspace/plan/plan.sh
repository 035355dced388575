#!/bin/sh
# The beginning of every plan.sh. @BOOT@ stands for the boot id of the host that the plan is for.
set -u
failed=0
if [ "$(cat /proc/sys/kernel/random/boot_id)" != '@BOOT@' ]; then
  echo 'plan.sh: this plan is for another host or boot: its ids name other processes here' >&2
  exit 2
fi
case "${1-}" in
  '') # only shows
    stray() { printf 'would run: stray %s\n' "$*"; }
    ;;
  end) # the rest is done when one fails
    # shellcheck disable=SC2034 # read at the end of the plan
    stray() { command stray "$@" || failed=1; }
    ;;
  *)
    echo 'usage: sh plan.sh [end]' >&2
    exit 2
    ;;
esac
