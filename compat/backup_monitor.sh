#!/bin/sh
# The monitor as it always was: backup_monitor.sh start | stop | status | check | alerts [--config FILE]
# "start" runs the control plane in the background and "stop" ends it; where systemd has the service, it does both. FILE is a monitor_config.json,
# which "start" takes over each time, or a configuration of Holdfast. Without one the configuration of Holdfast holds, and where there is
# none, the monitor_config.json in the working directory or beside this script.
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 70
. "$here/holdfast.sh"

usage() {
  echo "usage: $(basename -- "$0") start | stop | status | check | alerts [--config FILE]" >&2
  exit 2
}

[ $# -ge 1 ] || usage
verb=$1
shift
config=
if [ $# -gt 0 ]; then
  if [ "$1" != --config ] || [ $# -ne 2 ]; then usage; fi
  config=$2
fi
program=$(find_holdfast) || exit $?
state=${XDG_STATE_HOME:-$HOME/.local/state}/holdfast
number=$state/backup_monitor.pid
taken=$state/backup_monitor.yaml

# A configuration of before Holdfast: JSON with one of its three sections.
is_of_old() {
  case $1 in
    monitor_config.json | */monitor_config.json) [ -e "$1" ] ;;
    *.json) grep -Eqs '"(monitoring|thresholds|notifications)"[[:space:]]*:' "$1" ;;
    *) false ;;
  esac
}

if [ -z "$config" ] && [ -z "${HOLDFAST_CONFIG:-}" ]; then
  if [ "$(id -u)" -eq 0 ]; then own=/etc/holdfast; else own=${XDG_CONFIG_HOME:-$HOME/.config}/holdfast; fi
  for file in "$here/monitor_config.json" ./monitor_config.json; do
    if [ ! -e "$own/holdfast.yaml" ] && [ -e "$file" ]; then config=$file; fi
  done
fi
old=
if [ -n "$config" ] && is_of_old "$config"; then
  old=$config
  config=
  if [ "$verb" = start ] || [ -e "$taken" ]; then config=$taken; fi
fi
if [ -n "$config" ]; then
  case $config in /*) HOLDFAST_CONFIG=$config ;; *) HOLDFAST_CONFIG=$PWD/$config ;; esac
  export HOLDFAST_CONFIG
fi

# Its number is worth something only while it is a process of ours.
is_running() {
  [ -r "$number" ] || return 1
  read -r pid <"$number" || return 1
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q ' up *$'
}

case $verb in
  start)
    if is_running; then
      echo "the monitor runs already (process $pid)"
      exit 0
    fi
    mkdir -p "$state" && chmod 700 "$state" || exit 70
    if [ -n "$old" ]; then
      rm -f "$taken" && "$program" config import "$old" --to "$taken" >/dev/null || exit $?
    fi
    nohup "$program" up >>"$state/backup_monitor.out" 2>&1 </dev/null &
    pid=$!
    echo "$pid" >"$number"
    # What it cannot do at all it says at once.
    tries=0
    while [ "$tries" -lt 100 ]; do
      "$program" node list --json 2>/dev/null | grep -q '"heldUntil"' && break
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
      tries=$((tries + 1))
    done
    if kill -0 "$pid" 2>/dev/null; then
      echo "the monitor runs (process $pid)"
    else
      rm -f "$number"
      tail -n 5 "$state/backup_monitor.out" >&2
      exit 1
    fi
    ;;
  stop)
    if is_running; then
      kill "$pid"
      while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
      echo 'the monitor has ended'
    else
      echo 'the monitor does not run'
    fi
    rm -f "$number"
    ;;
  status) exec "$program" status ;;
  check) exec "$program" health --now ;;
  alerts) exec "$program" alerts ;;
  *) usage ;;
esac
