// `config secret`: secrets that lie sealed in the catalog. They come from standard input or a terminal, never from an argument.

import { Failure } from '../../base/failure.ts';
import { Secret } from '../../base/secret.ts';
import type { Applying } from '../../catalog/configurations.ts';
import {
  deleteSealedSecret,
  listSealedSecrets,
  openSealingKey,
  sealSecret,
} from '../../catalog/sealed-secrets.ts';
import type { Ending, Invocation } from '../command.ts';
import { sealingKeyFile } from '../control/job-wire.ts';
import { openCatalogOf, openOrMakeCatalog } from '../control/places.ts';
import { askHidden, firstLine } from '../secrets.ts';
import { isoTime, tableLines } from '../show.ts';

const secretBytesMax = 64 * 1024;

export async function sealedSecrets(invocation: Invocation, by: Applying): Promise<Ending> {
  const { ambient, context, output, texts } = invocation;
  const [action, name] = invocation.arguments;
  if (action === 'list') {
    await using catalog = await openCatalogOf(invocation);
    const secrets = (await listSealedSecrets(catalog, context)).map((one) => ({
      name: one.name,
      changedAt: isoTime(one.changedAt),
      changedBy: one.changedBy,
    }));
    for (const line of tableLines(secrets.map((one) => [one.name, one.changedAt, one.changedBy])))
      output.line(line);
    return { result: { secrets } };
  }
  if (name === undefined || !/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name)) {
    throw new Failure(
      'usage',
      'SECRET_NAME',
      'a secret has a name of small letters, digits, ".", "_" and "-"',
      {
        hint: 'Such as "holdfast config secret set mail"; the configuration then says "sealed:mail".',
      },
    );
  }
  if (action === 'delete') {
    await using catalog = await openCatalogOf(invocation);
    const wasThere = await deleteSealedSecret(catalog, name, by, context);
    output.line(texts.say(wasThere ? 'config.unsealed' : 'config.noSecret', { name }));
    return { result: { name, deleted: wasThere } };
  }
  const secret = await readSecret(name, invocation);
  // A secret is often the first thing that is given: before there is a catalog, or a configuration.
  await using catalog = await openOrMakeCatalog(invocation);
  const key = openSealingKey(sealingKeyFile(ambient), { mayMake: true });
  await sealSecret(catalog, { name, secret, key }, by, context);
  output.line(texts.say('config.sealed', { name }));
  return { result: { name, reference: `sealed:${name}` } };
}

/** The first line: files that hold a secret mostly end with a newline. */
async function readSecret(name: string, invocation: Invocation): Promise<Secret> {
  const { ambient, texts } = invocation;
  const bytes = ambient.input.isTTY
    ? await askHidden(invocation, texts.say('config.askSecret', { name }))
    : await readInput(invocation);
  const secret = new Secret(new Uint8Array(firstLine(bytes)));
  bytes.fill(0);
  return secret;
}

async function readInput({ ambient }: Invocation): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of ambient.input) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length <= secretBytesMax) continue;
    throw new Failure('usage', 'SECRET_LENGTH', 'the secret is longer than 64 KiB');
  }
  return Buffer.concat(chunks);
}
