// Writes docs/holdfast.1 from the table of commands. test/cli/man.test.ts fails when the page is out of date.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { commands } from '../src/cli/commands/all.ts';
import { manPage } from '../src/cli/man.ts';
import { textsIn } from '../src/cli/texts/texts.ts';

const all = await Promise.all(Object.values(commands).map((load) => load()));
writeFileSync(resolve(import.meta.dirname, '../docs/holdfast.1'), manPage(all, await textsIn('en')));
