// An object server as a process of its own, so that it can be killed: node object-server-process.ts FOLDER PORT ACCOUNTS.

import { readFileSync } from 'node:fs';
import { parseAccounts } from '../../src/storage/rest/accounts.ts';
import { serveObjects } from '../../src/storage/rest/server.ts';
import { testContext } from '../world.ts';

const [folder = '', port = '', accounts = ''] = process.argv.slice(2);
await serveObjects(
  { folder, port: Number(port), host: '127.0.0.1', accounts: parseAccounts(readFileSync(accounts, 'utf8')) },
  testContext(),
);
