// The secret for the first account: shown where a person sits, and nowhere else.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openCatalog } from '../../../src/catalog/open.ts';
import { readAmbient } from '../../../src/cli/ambient.ts';
import { tellFirstSetup } from '../../../src/cli/control/first-setup.ts';
import { createOutput } from '../../../src/cli/output.ts';
import { textsIn } from '../../../src/cli/texts/texts.ts';
import { completeSetup } from '../../../src/identity/setup.ts';
import { deskOf, goodPassword, secret } from '../../identity/identity-world.ts';
import { scratch, testContext } from '../../world.ts';

const url = 'http://127.0.0.1:8420';

test('who starts on a terminal is shown a secret that makes the first account; pipes and JSON see none', async () => {
  using folder = scratch();
  const context = testContext();
  await using catalog = await openCatalog({ location: join(folder.path, 'catalog') }, context);
  const told = async (isTTY: boolean, isJson = false) => {
    let text = '';
    const stream = { isTTY, write: (part: string) => (text += part) };
    const ambient = { ...readAmbient(), output: stream, errors: stream } as never;
    const texts = await textsIn('en');
    const choice = { isJson, isQuiet: false, isVerbose: true, isRaw: false, command: 'up' };
    const output = createOutput(ambient, texts, choice);
    await tellFirstSetup({ catalog, url }, { ambient, context, output, texts });
    return text;
  };
  for (const [isTTY, isJson] of [
    [false, false],
    [false, true],
    [true, true],
  ] as const) {
    const piped = await told(isTTY, isJson);
    assert.match(piped, isJson ? /"nobody"/ : /holdfast user add/);
    assert.doesNotMatch(piped, /ho_/);
  }
  const shown = await told(true);
  const found = /ho_[A-Za-z0-9_-]{43}/.exec(shown)?.[0] ?? '';
  assert.ok(shown.includes(`${url}/api/v1/setup`));
  const wish = { secret: found, name: 'mara', password: secret(goodPassword) };
  assert.equal((await completeSetup(deskOf(catalog), wish, context)).role, 'admin');
  assert.equal(await told(true), '', 'there is an account now');
});
