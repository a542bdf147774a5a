// `config init` and `config import`: new configuration files, never over one that is there.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { Failure } from '../../base/failure.ts';
import { Secret } from '../../base/secret.ts';
import type { Applying } from '../../catalog/configurations.ts';
import { createPrivateFile } from '../../keyslots/private-file.ts';
import type { ProfileName } from '../../model/configuration/configuration.ts';
import type { Ending, Invocation } from '../command.ts';
import { sealingKeyFile } from '../control/job-wire.ts';
import { pathText } from '../show.ts';
import { exampleConfiguration } from './example.ts';
import { understandConfiguration } from './file.ts';
import { importFiles, noteTexts } from './import.ts';
import { configurationPath } from './path.ts';

const documentBytesMax = 1024 * 1024;

export async function writeExample(invocation: Invocation): Promise<Ending> {
  const { options, ambient, output, texts } = invocation;
  const profile = (options.text('profile') ?? 'school') as ProfileName;
  const here = pathText(ambient.workingDirectory);
  const to = options.text('to');
  const path = to === undefined ? configurationPath(invocation) : resolve(here, to);
  const { environment, hostName, stateDirectory } = ambient;
  const bucket = environment.BACKUP_BUCKET;
  const isCloud = profile === 'pipeline' && bucket !== undefined && bucket !== '';
  const region = environment.AWS_REGION || 'us-east-1';
  const text = exampleConfiguration(
    profile,
    {
      host: hostName,
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC',
      folders: foldersHere(profile, environment.HOME),
      folder: dirname(path),
      repository: isCloud ? `s3://${bucket}?region=${region}` : join(stateDirectory, 'repository'),
      language: texts.language,
    },
    texts,
  );
  create(path, text);
  output.line(texts.say('config.written', { path }));
  output.line(texts.say('config.next', { path }));
  return { result: { written: path, profile } };
}

/** What of the usual places is there: everything that people make, and how the machine is set up. */
function foldersHere(profile: ProfileName, home: string | undefined): string[] {
  const isRoot = process.getuid?.() === 0;
  const own = home?.startsWith('/') ? [home] : [];
  const wanted = profile === 'keys' ? ['/etc/ssl', '/etc/ssh'] : isRoot ? ['/etc', '/home', '/srv'] : own;
  const there = wanted.filter((folder) => existsSync(folder));
  return there.length === 0 ? ['/etc'] : there;
}

export async function importConfigurations(invocation: Invocation, by: Applying): Promise<Ending> {
  const { options, output, texts, ambient } = invocation;
  const here = pathText(ambient.workingDirectory);
  const files = invocation.arguments.map((shown) => {
    const path = resolve(here, shown);
    return { path, shown, text: read(path, shown) };
  });
  const folder = dirname(configurationPath(invocation));
  const seals = options.flag('seal');
  const wish = { passwordFile: join(folder, 'repository-password'), host: ambient.hostName, seals };
  const imported = importFiles(files, wish);
  const { configuration, unknownKeys, notes, secrets } = imported;
  for (const { key, file } of unknownKeys) output.log.warn(texts.say('config.unknown', { key, file }));
  const remarks = notes.map(({ code, value }) => ({
    code,
    value,
    message: texts.say(noteTexts[code], { value }),
  }));
  for (const { message } of remarks) output.log.warn(message);
  const to = options.text('to');
  const head = remarks.map(({ message }) => `# ${message}\n`).join('');
  const isJson = to?.endsWith('.json') ?? false;
  const text = isJson
    ? `${JSON.stringify(configuration, null, 2)}\n`
    : `${head}${stringify(configuration, { lineWidth: 0 })}`;
  // What was taken over is what we read ourselves.
  understandConfiguration(text, to ?? 'holdfast.yaml', {
    SNS_TOPIC_ARN: 'arn:aws:sns:',
    ...ambient.environment,
  });
  if (secrets.size > 0) await seal(secrets, invocation, by);
  if (to === undefined) for (const line of text.trimEnd().split('\n')) output.line(line);
  else {
    create(resolve(here, to), text);
    output.line(texts.say('config.written', { path: to }));
  }
  const sealed = [...secrets.keys()];
  const result = { configuration, unknownKeys: unknownKeys.map(({ key }) => key), notes: remarks, sealed };
  return { result: { ...result, ...(to === undefined ? {} : { written: to }) } };
}

async function seal(
  secrets: ReadonlyMap<string, string>,
  invocation: Invocation,
  by: Applying,
): Promise<void> {
  const { ambient, context, output, texts } = invocation;
  const { openOrMakeCatalog } = await import('../control/places.ts');
  const { openSealingKey, sealSecret } = await import('../../catalog/sealed-secrets.ts');
  await using catalog = await openOrMakeCatalog(invocation);
  const key = openSealingKey(sealingKeyFile(ambient), { mayMake: true });
  for (const [name, value] of secrets) {
    const secret = new Secret(Buffer.from(value, 'utf8'));
    await sealSecret(catalog, { name, secret, key }, by, context);
    output.note(texts.say('config.sealed', { name }));
  }
}

function create(path: string, text: string): void {
  try {
    createPrivateFile(path, Buffer.from(text, 'utf8'));
  } catch (cause) {
    throw new Failure('conflict', 'CONFIG_EXISTS', `"${path}" cannot be made`, { cause });
  }
}

function read(path: string, shown: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Failure('missing', 'CONFIG_MISSING', `the configuration "${shown}" cannot be read`, { cause });
  }
  if (text.length > documentBytesMax) {
    throw new Failure('usage', 'CONFIG_SYNTAX', `the configuration "${shown}" is larger than 1 MiB`);
  }
  return text;
}
