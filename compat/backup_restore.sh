#!/bin/sh
# The restore verbs as they always were:
#   backup_restore.sh list
#   backup_restore.sh restore ARCHIVE [--selective PATTERN] [--target FOLDER] [--overwrite]
#   backup_restore.sh interactive
# Everything is done by "holdfast archives"; backup_config.json is found as in backup_automation.sh.
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 70
. "$here/holdfast.sh"

usage() {
  name=$(basename -- "$0")
  echo "usage: $name list" >&2
  echo "       $name restore ARCHIVE [--selective PATTERN] [--target FOLDER] [--overwrite]" >&2
  echo "       $name interactive" >&2
  exit 2
}

[ $# -ge 1 ] || usage
verb=$1
shift
case $verb in
  list | restore | interactive) run_archives "$verb" "$@" ;;
  *) usage ;;
esac
