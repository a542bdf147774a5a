// `holdfast storage serve` and `storage account`: the object server that the kind "rest" talks to, and the lines of its accounts.

import { readFileSync, statSync } from 'node:fs';
import { Failure } from '../base/failure.ts';
import type { Command, Ending, Invocation } from './command.ts';
import { requireNewSecret, type SecretNames } from './secrets.ts';

const defaultListen = '127.0.0.1:8640';

export const serveCommand: Command = {
  name: 'serve',
  arguments: [{ name: 'folder', required: true }],
  options: [
    { flags: '--accounts <file>' },
    { flags: '--listen <address>' },
    { flags: '--certificate <file>' },
    { flags: '--certificate-key <file>' },
    { flags: '--allow-plaintext' },
  ],
  run: serve,
};

export const accountCommand: Command = {
  name: 'account',
  arguments: [{ name: 'name', required: true }],
  options: [
    { flags: '--token', text: 'option.accountToken' },
    { flags: '--new-password-file <file>', text: 'option.accountPassword' },
    { flags: '--access <rights>', choices: ['full', 'append-only', 'read-only'] },
    { flags: '--folder <account>', text: 'option.accountFolder' },
    { flags: '--quota <size>', text: 'option.accountQuota' },
  ],
  run: account,
};

/** Ends with success when it is asked to stop: that is how a service ends. */
async function serve(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context, ambient } = invocation;
  const { serveObjects } = await import('../storage/rest/server.ts');
  const { parseAccounts } = await import('../storage/rest/accounts.ts');
  const accountsFile = options.text('accounts');
  if (accountsFile === undefined) {
    throw new Failure('usage', 'ACCOUNTS_NOT_NAMED', 'no file of accounts was named');
  }
  const folder = invocation.arguments[0] ?? '.';
  requireFolder(folder);
  const readAccounts = () => parseAccounts(readText(accountsFile));
  const tls = readCertificate(invocation);
  const { host, port } = listenAddress(options.text('listen') ?? defaultListen);
  const served = {
    folder,
    accounts: readAccounts(),
    host,
    port,
    ...(tls === undefined ? {} : { tls }),
    ...(options.flag('allowPlaintext') ? { allowPlaintext: true } : {}),
  };
  const server = await serveObjects(served, { ...context, log: accessLog(invocation) });
  output.line(texts.say('storage.serving', { url: server.url, count: served.accounts.length }));
  output.emit('listening', { url: server.url, port: server.port });
  ambient.onSignal('SIGHUP', () => {
    try {
      server.replaceAccounts(readAccounts());
      const renewed = readCertificate(invocation);
      if (renewed !== undefined) server.replaceCertificate(renewed);
      output.log.info('accounts and certificate were read anew');
    } catch (error) {
      // The old ones stay in force.
      if (!(error instanceof Failure)) throw error;
      output.failure(error);
    }
  });
  await new Promise<void>((resolve) => {
    if (context.signal.aborted) resolve();
    else context.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await server.stop();
  return { result: { url: server.url } };
}

/** One line a call; every other remark as usual. */
function accessLog({ output }: Invocation): Invocation['context']['log'] {
  return {
    ...output.log,
    info(message, facts) {
      if (message !== 'request' || facts === undefined || output.isJson)
        return output.log.info(message, facts);
      const { account, address, method, path, status, code, durationMs } = facts;
      output.note(
        `${account === '' ? '-' : account} ${address} ${method} ${path} ${status}${code === '' ? '' : ` ${code}`} ${durationMs} ms`,
      );
    },
  };
}

/** Prints the line for the file of accounts; a token is shown this once. */
async function account(invocation: Invocation): Promise<Ending> {
  const { options, output, texts } = invocation;
  const { hashPassword, makeToken, parseAccounts } = await import('../storage/rest/accounts.ts');
  const [name = ''] = invocation.arguments;
  const access = options.text('access') ?? 'full';
  const limits = (['folder', 'quota'] as const).flatMap((key) => {
    const value = options.text(key);
    return value === undefined ? [] : [`${key}=${value}`];
  });
  const told = [...(access === 'full' ? [] : [access]), ...limits];
  const rights = told.length === 0 ? '' : `:${told.join(',')}`;
  const made = options.flag('token') ? makeToken() : undefined;
  const hash = made?.secretHash ?? (await hashPassword(await askPassword(name, invocation)));
  const line = `${name}:${hash}${rights}`;
  // What the server would refuse is refused here.
  parseAccounts(line);
  output.line(line);
  if (made !== undefined) output.note(texts.say('storage.token', { token: made.token }));
  return { result: { line, ...(made === undefined ? {} : { token: made.token }) } };
}

async function askPassword(name: string, invocation: Invocation): Promise<string> {
  const names: SecretNames = {
    passwordFile: 'newPasswordFile',
    passwordCommand: 'newPasswordCommand',
    keyFile: 'newKeyFile',
    environmentPrefix: 'HOLDFAST_NEW_',
  };
  const { secret } = await requireNewSecret(invocation, names, name);
  return Buffer.from(secret.reveal()).toString('utf8');
}

function listenAddress(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new Failure('usage', 'INVALID_OPTION', `option --listen: "${text}" is not an address and port`, {
    facts: { flag: '--listen', value: text },
  });
}

/** Told at the start: every call would fail, and the server itself would look well. */
function requireFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new Failure('missing', 'SERVER_FOLDER_MISSING', `there is no folder "${path}" to serve`, {
    facts: { path },
  });
}

function readCertificate({ options }: Invocation) {
  const certificate = options.text('certificate');
  const key = options.text('certificateKey');
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined) {
    throw new Failure(
      'usage',
      'CERTIFICATE_HALF_NAMED',
      'a certificate needs its key, and a key its certificate',
    );
  }
  return { certificate: readText(certificate), key: readText(key) };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Failure('missing', 'SERVER_FILE_UNREADABLE', `"${path}" cannot be read`, {
      facts: { path },
      cause,
    });
  }
}
