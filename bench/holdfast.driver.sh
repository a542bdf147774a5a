# Holdfast, default settings. A driver in the form of the peers' harness: copy or link it into its drivers folder as holdfast.sh.
# HOLDFAST_HOME names a clone whose packages are installed.
HOLDFAST_HOME=${HOLDFAST_HOME:?the folder of the clone}
DRV_TITLE="holdfast (defaults: zstd 3, AES-256-GCM, Argon2id)"
DRV_ENCRYPTED=yes
DRV_NOTE="every frame is decoded and compared before it is stored"
export HOLDFAST_REPOSITORY=$REPO HOLDFAST_PASSWORD_FILE=$PASSFILE XDG_STATE_HOME=$STATE XDG_CACHE_HOME=$STATE/cache
chmod 600 "$PASSFILE" 2>/dev/null || true
hf() { "$HOLDFAST_HOME/bin/holdfast" "$@"; }
drv_version()      { hf --version; }
drv_init()         { hf init; }
drv_backup()       { hf backup --tag "$SNAP" "$SRC"; }
drv_list()         { hf snapshots; }
drv_restore()      { hf restore latest --target "$1"; }
drv_restored_root() { printf '%s\n' "$1"; }
drv_restore_one()  { hf restore "latest:$SRC/$1" --target "$2"; }
drv_restored_one() { printf '%s\n' "$2/$(basename "$1")"; }
drv_check()        { hf check --read-data; }
drv_forget_prune() { hf forget --keep-last 1 --prune; }
