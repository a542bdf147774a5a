// Which PKCS#11 module is loaded. A module is native code that runs with our rights, so only root names it: neither a repository nor a
// URI can, and a file that anybody else could have written is refused.

import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { Failure } from '../../base/failure.ts';

export const pkcs11ConfigPath = '/etc/holdfast/pkcs11.conf';

const configBytesMax = 64 * 1024;

/** The real path of the module that the configuration file names; both proven to be in nobody's hands but root's. */
export function findModule(configPath: string): string {
  const config = trusted(configPath, 'the configuration file', noConfig);
  const stat = statSync(config);
  if (!stat.isFile() || stat.size > configBytesMax) throw invalid(configPath, 'it is no small file');
  const named: string[] = [];
  readFileSync(config, 'utf8')
    .split('\n')
    .forEach((raw, index) => {
      const line = raw.trim();
      if (line === '' || line.startsWith('#')) return;
      const value = /^module-path\s*=\s*(.+)$/.exec(line)?.[1];
      if (value === undefined) throw invalid(configPath, `line ${index + 1} is not "module-path = FILE"`);
      named.push(value);
    });
  const [only] = named;
  if (only === undefined || named.length > 1) {
    throw invalid(configPath, `it names ${named.length} modules, not one`);
  }
  if (!isAbsolute(only)) throw invalid(configPath, `"${only}" is no absolute path`);
  return trusted(only, 'the PKCS#11 module', noModule);
}

/** The path without symbolic links, after a look at it and at all folders above. */
function trusted(path: string, what: string, missing: typeof noConfig): string {
  let real: string;
  try {
    real = realpathSync(path);
  } catch (cause) {
    throw missing(path, cause);
  }
  for (let at = real; ; at = dirname(at)) {
    const { uid, mode } = statSync(at);
    // In a folder like /tmp nobody can put another thing in the place of root's: that is what the sticky bit is for.
    const isSticky = at !== real && (mode & 0o1000) !== 0;
    if (uid !== 0 || ((mode & 0o022) !== 0 && !isSticky)) {
      throw new Failure('denied', 'PKCS11_CONFIG_UNSAFE', `${what} "${path}" could be changed by others`, {
        hint: `Make "${at}" belong to root and run "chmod go-w" on it; then check that its content is still right.`,
        facts: { path: at },
      });
    }
    if (at === dirname(at)) return real;
  }
}

function noConfig(path: string, cause: unknown): Failure {
  return new Failure('missing', 'PKCS11_CONFIG_MISSING', `the configuration file "${path}" cannot be read`, {
    hint: 'As root, write the line "module-path = /path/of/module.so" into it; docs/guides/key-slots-hsm.md has an example.',
    facts: { path },
    cause,
  });
}

function noModule(path: string, cause: unknown): Failure {
  return new Failure('missing', 'PKCS11_MODULE_MISSING', `the PKCS#11 module "${path}" cannot be read`, {
    hint: 'Install the module of the token, or correct "module-path" in the configuration file.',
    facts: { path },
    cause,
  });
}

function invalid(path: string, why: string): Failure {
  return new Failure('usage', 'PKCS11_CONFIG_INVALID', `"${path}" cannot be used: ${why}`, {
    hint: 'It holds one line "module-path = /path/of/module.so" and comments that begin with "#".',
  });
}
