// Compiles the chunker to WASM. A test builds it again and compares the bytes.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const folder = join(import.meta.dirname, '../src/repository/chunker');

export async function buildChunker(): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      'chunker.ts',
      '--outFile',
      'chunker.wasm',
      '--runtime',
      'stub',
      '--optimizeLevel',
      '3',
      '--noAssert',
      '--importMemory',
      '--sharedMemory',
      '--initialMemory',
      '1',
      '--maximumMemory',
      '65536',
      '--enable',
      'threads',
      '--baseDir',
      join(folder, 'assembly'),
    ],
    {
      writeFile: (_name: string, contents: string | Uint8Array) => {
        if (typeof contents !== 'string') binary = contents;
      },
    },
  );
  if (error !== null || binary === undefined)
    throw new Error(`the chunker does not compile: ${stderr.toString()}`);
  return binary;
}

if (import.meta.main) writeFileSync(join(folder, 'chunker.wasm'), await buildChunker());
