# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Shared by the scripts beside this file: install what is missing, configure, build. Sourced by bash.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build

say() { printf 'stray: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# Sbin directories are not on everybody's PATH, and bpftool, cron and monit live there.
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root, and there is no sudo: run it as root (it was: $*)"
  fi
}

# missing GROUP...: the packages of these groups that are neither installed nor made unnecessary by a command.
missing() {
  local installed group package command _reason
  installed=" $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null |
    awk '$1 == "installed" { print $2 }' | tr '\n' ' ')"
  while read -r group package command _reason; do
    [[ " $* " == *" $group "* && $installed != *" $package "* ]] || continue
    if [ "$command" = - ] || ! command -v "$command" >/dev/null; then echo "$package"; fi
  done < <(sed 's/#.*//; /^ *$/d' "$root/scripts/dependencies") | sort -u
}

# install GROUP...: by package name; asks nothing, and is silent unless it fails.
install() {
  local packages log
  packages=$(missing "$@" | paste -sd ' ')
  [ -n "$packages" ] || return 0
  command -v apt-get >/dev/null ||
    die "this is no Debian: install what these packages hold and start again: $packages"
  say "installing: $packages"
  mkdir -p "$build"
  log=$build/install.log
  # shellcheck disable=SC2086  # a list of package names
  if ! { as_root apt-get update -q &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages; } \
    </dev/null >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    die "could not install the packages; the whole log is in $log"
  fi
}

# quietly LOG COMMAND...: the output is shown only when the command fails.
quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 && return
  cat "$log" >&2
  die "failed: $*"
}

configured() { grep -qs "^$1\$" "$build/CMakeCache.txt"; }

# A build folder that somebody configured by hand, with make for example, is used as it is.
has_build() { [ -e "$build/build.ninja" ] || [ -e "$build/Makefile" ]; }

# build_target TARGET [CMAKE-OPTION]: configures where needed, then builds what is old.
build_target() {
  local generator=()
  mkdir -p "$build"
  if ! has_build || { [ -n "${2:-}" ] && ! configured "${2#-D}"; }; then
    say "configuring and building into $build (about two minutes the first time)"
    [ -e "$build/CMakeCache.txt" ] || generator=(-G Ninja)
    quietly "$build/configure.log" cmake -S "$root" -B "$build" "${generator[@]}" ${2:+"$2"}
  fi
  quietly "$build/build.log" cmake --build "$build" --parallel "$(nproc)" --target "$1"
}

# For those who only run stray: the tests are not even configured, unless they are already.
build_stray() {
  if has_build; then build_target stray; else build_target stray -DSTRAY_TESTS:BOOL=OFF; fi
}

# The npm tools of the scenarios, as the lock file has them; without them their scenarios are skipped. The lock file
# names no addresses, which `npm ci` of npm 11 refuses; `npm install` keeps to its versions and hashes all the same.
install_npm_tools() {
  local from=$root/tests/scenarios to=$build/scenario-tools
  cmp -s "$from/package-lock.json" "$to/node_modules/.installed" && return
  say "installing pm2, forever, nodemon, vite and axe for the tests"
  mkdir -p "$to"
  cp "$from/package.json" "$from/package-lock.json" "$to/"
  if (cd "$to" && npm install --no-audit --no-fund --ignore-scripts) >"$build/npm.log" 2>&1 </dev/null; then
    cp "$from/package-lock.json" "$to/node_modules/.installed"
  else
    tail -n 5 "$build/npm.log" >&2
    say "npm could not install them; the scenarios that need them are skipped ($build/npm.log)"
  fi
}

# The mirror as this machine's own sources name it.
mirror() {
  awk '/^URIs:/ { print $2; exit } /^deb / { print ($2 ~ /^\[/) ? $3 : $2; exit }' \
    /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | sed 's#/*$##'
}
