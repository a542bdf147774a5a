// Makes dist/rescue.mjs: the rescue reader (src/cli/rescue-reader.ts) and the source it is made of, as one file that needs Node.js alone.
// It is not made small: whoever holds it without us must be able to read it.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');
/** JavaScript alone, and part of opening: they become part of the file, with what they need of their own kind. */
const carried = /^(?:shamir-secret-sharing|age-encryption|@noble\/[a-z-]+|@scure\/base)(?:\/[\w./-]+)?$/;
/** Codecs whose library is no JavaScript; the reader has decoders of its own in their place. */
const decoders = /^\.\/(bzip2|xz)\.ts$/;

/** Zstandard and Argon2id came into Node.js with these. */
const nodeNeeded = '24.7';

// Bound before anything of Node.js is: a missing name must lead to a sentence and not to a stack.
const head = `#!/usr/bin/env node
// The rescue reader of Holdfast VERSION: lists and restores from a repository in a folder. It needs Node.js ${nodeNeeded} or newer and no package.
//   node rescue.mjs list REPOSITORY
//   node rescue.mjs restore REPOSITORY [SNAPSHOT] TARGET
// Made from Holdfast's source; Apache-2.0, so is the package shamir-secret-sharing by Privy, which is a part of it. So are the packages
// age-encryption by the age Authors (BSD-3-Clause), @noble/ciphers, curves, hashes and post-quantum and @scure/base by Paul Miller (MIT).
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
if (require('node:crypto').argon2 === undefined || require('node:zlib').zstdDecompressSync === undefined) {
  console.error('rescue.mjs: Node.js ${nodeNeeded} or newer is needed, this is ' + process.version + '. Get it from https://nodejs.org.');
  console.error('rescue.mjs: Node.js ${nodeNeeded} oder neuer ist nötig, dies ist ' + process.version + '. Es liegt auf https://nodejs.org.');
  process.exit(2);
}
// Came with Node.js 25.
Uint8Array.prototype.toHex ??= function () {
  return Buffer.from(this.buffer, this.byteOffset, this.length).toString('hex');
};
Uint8Array.fromHex ??= (text) => {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw new SyntaxError('not hexadecimal');
  return new Uint8Array(Buffer.from(text, 'hex'));
};
`;

const builtinsOnly: Plugin = {
  name: 'builtins-only',
  setup(bundle) {
    bundle.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === 'entry-point' || carried.test(path)) return undefined;
      // What loads a package when it runs gets none, also where one lies beside the file.
      if (path === 'node:module') return { path, namespace: 'no-packages' };
      if (isBuiltin(path)) return { path: path.replace(/^(?!node:)/, 'node:'), external: true };
      return { path, namespace: 'left-out' };
    });
    bundle.onResolve({ filter: decoders }, ({ path, importer }) => {
      if (dirname(importer) !== join(root, 'src/codecs')) return undefined;
      return { path: decoders.exec(path)![1]!, namespace: 'decoders' };
    });
    bundle.onLoad({ filter: /.*/, namespace: 'decoders' }, ({ path }) => ({
      contents: `export { ${path} as default } from './src/cli/rescue-${path}.ts';`,
      resolveDir: root,
    }));
    bundle.onLoad({ filter: /.*/, namespace: 'no-packages' }, () => ({
      contents: `export function createRequire() {
        return (name) => { throw new Error(\`rescue.mjs carries no package "\${name}"\`); };
      }`,
    }));
    bundle.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `require('./src/cli/rescue-left-out.ts').leftOut(${JSON.stringify(path)});`,
      resolveDir: root,
    }));
  },
};

/** The text of rescue.mjs. */
export async function makeRescue(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/rescue-reader.ts'],
    bundle: true,
    write: false,
    // Names that a Node.js lacks are then undefined instead of an error before the first line runs.
    format: 'cjs',
    platform: 'node',
    // Old ones must be able to parse it, for the sentence in the head.
    target: 'node20',
    charset: 'utf8',
    legalComments: 'inline',
    define: { 'import.meta.url': 'undefined', 'import.meta.dirname': '""', 'import.meta.filename': '""' },
    plugins: [builtinsOnly],
    logLevel: 'warning',
    // What is imported from a package that is left out is never reached.
    logOverride: { 'import-is-undefined': 'silent' },
  });
  return `${head.replace('VERSION', version)}(() => {\n${outputFiles[0]!.text}})();\n`;
}

/** Writes it in one step, so that nobody reads half of it. */
export async function writeRescue(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, await makeRescue(), { mode: 0o755 });
  renameSync(`${path}.new`, path);
}

if (process.argv[1] === import.meta.filename) await writeRescue(join(root, 'dist/rescue.mjs'));
