#!/bin/sh
# The monitor as it always was: backup_monitor.sh start | stop | status | check | alerts [--config FILE]
# "start" runs the control plane in the background and "stop" ends it; where systemd has the service, it does both. What holds is the
# configuration of Holdfast: `holdfast config import monitor_config.json` takes over that of the monitor.
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
if [ $# -gt 0 ]; then
  if [ "$1" != --config ] || [ $# -ne 2 ]; then usage; fi
  case $2 in /*) HOLDFAST_CONFIG=$2 ;; *) HOLDFAST_CONFIG=$PWD/$2 ;; esac
  export HOLDFAST_CONFIG
fi
program=$(find_holdfast) || exit $?
state=${XDG_STATE_HOME:-$HOME/.local/state}/holdfast
number=$state/backup_monitor.pid

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
