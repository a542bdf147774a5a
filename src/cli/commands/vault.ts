// `holdfast vault`: puts a raft snapshot back into a HashiCorp Vault or OpenBao.

import { Failure } from '../../base/failure.ts';
import { formatBytes } from '../../base/text.ts';
import { resolveSnapshot } from '../../model/snapshot-selection.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { vaultOptions, vaultRequest } from '../remote-sources.ts';
import { openMainRepository } from '../repository-access.ts';
import { filterOptions, loadSnapshots, readFilter, shortId } from '../snapshot-choice.ts';

export const command: Command = {
  name: 'vault',
  subcommands: [
    {
      name: 'restore',
      arguments: [{ name: 'snapshot', required: true }],
      options: [
        ...vaultOptions.map((spec) =>
          spec.flags.startsWith('--vault <') ? { ...spec, text: 'option.vaultTarget' } : spec,
        ),
        { flags: '--force', text: 'option.vaultForce' },
        { flags: '--confirm <host>', text: 'option.vaultConfirm' },
        { flags: '-n, --dry-run' },
        ...filterOptions,
      ],
      run: restore,
    },
  ],
  examples: [
    'vault restore latest --vault https://vault.example.org:8200 --dry-run',
    'vault restore latest --vault https://vault.example.org:8200 --confirm vault.example.org:8200',
  ],
};

async function restore(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  const address = options.text('vault');
  if (address === undefined) {
    throw new Failure('usage', 'VAULT_NOT_NAMED', 'no Vault was named to restore into');
  }
  const dryRun = options.flag('dryRun');
  const vault = await vaultRequest(address, invocation);
  await using repository = await openMainRepository(invocation, 'read');
  const name = invocation.arguments[0] ?? 'latest';
  const snapshot = resolveSnapshot(await loadSnapshots(repository, invocation), name, readFilter(invocation));
  const { restoreVault } = await import('../../operations/vault-restore.ts');
  const confirmed = options.text('confirm');
  const { target, bytes } = await restoreVault(
    { snapshot, vault, force: options.flag('force'), confirmed, dryRun },
    repository,
    context,
  );
  output.line(
    texts.say(dryRun ? 'vault.plan' : 'vault.restored', {
      id: shortId(snapshot.id),
      host: target.host,
      bytes: formatBytes(bytes, texts.language),
    }),
  );
  return { result: { snapshot: snapshot.id, target, bytes, dryRun } };
}
