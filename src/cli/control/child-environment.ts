// What a process that we start gets to see of our environment: what programs need to work at all, and what it is given by name.

/** Nothing of these is a secret. */
const plain = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LC_ALL',
  'LC_MESSAGES',
  'TZ',
  'TMPDIR',
  'XDG_STATE_HOME',
  'XDG_CACHE_HOME',
  'XDG_CONFIG_HOME',
  'HOLDFAST_LANG',
  'NODE_COMPILE_CACHE',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'MALLOC_ARENA_MAX',
  'KRB5_CONFIG',
];

export function childEnvironment(
  ours: Readonly<Record<string, string | undefined>>,
  more: Iterable<string> = [],
): Record<string, string> {
  const given: Record<string, string> = {};
  for (const name of [...plain, ...more]) {
    const value = ours[name];
    if (value !== undefined) given[name] = value;
  }
  return given;
}
