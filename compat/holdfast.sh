# Sourced by the scripts beside it: finds the program and the configuration. $here is the folder of the script.

# HOLDFAST, a clone, the package, then the search path.
find_holdfast() {
  for program in "${HOLDFAST:-}" "$here/../bin/holdfast" "$here/../dist/bin/holdfast"; do
    if [ -n "$program" ] && [ -x "$program" ]; then
      printf '%s\n' "$program"
      return
    fi
  done
  command -v holdfast || {
    echo 'holdfast is not installed: put it on the PATH, or name it with HOLDFAST' >&2
    exit 70
  }
}

# Without any configuration the defaults hold.
find_config() {
  for config in "${BACKUP_CONFIG:-}" ./backup_config.json "$here/backup_config.json"; do
    if [ -n "$config" ] && { [ -e "$config" ] || [ "$config" = "${BACKUP_CONFIG:-}" ]; }; then
      printf '%s\n' "$config"
      return
    fi
  done
}

run_archives() {
  program=$(find_holdfast) || exit $?
  config=$(find_config)
  action=$1
  shift
  if [ -n "$config" ]; then
    exec "$program" archives "$action" --config "$config" "$@"
  fi
  exec "$program" archives "$action" "$@"
}
