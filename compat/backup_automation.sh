#!/bin/sh
# The backup verb as it always was: backup_automation.sh backup [--compression-level N] [--retention-days N] [FOLDER]
# Everything is done by "holdfast archives"; backup_config.json lies in the working directory or beside this script, or where
# BACKUP_CONFIG says.
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 70
. "$here/holdfast.sh"

usage() {
  echo "usage: $(basename -- "$0") backup [--compression-level N] [--retention-days N] [--dry-run] [FOLDER]" >&2
  exit 2
}

[ $# -ge 1 ] || usage
verb=$1
shift
case $verb in
  backup) run_archives backup "$@" ;;
  *) usage ;;
esac
