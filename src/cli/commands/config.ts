// `holdfast config`: looks at the configuration file, compares and applies it, and takes over those of older tools.

import { catalogOptions, localActor } from '../catalog-place.ts';
import type { Command, Ending, Invocation } from '../command.ts';

const fileOption = { flags: '--config <file>', text: 'option.configuration' } as const;
const profiles = ['school', 'keys', 'pipeline'] as const;

export const command: Command = {
  name: 'config',
  subcommands: [
    { name: 'check', options: [fileOption, ...catalogOptions], run: check },
    { name: 'diff', options: [fileOption, ...catalogOptions], run: diff },
    {
      name: 'apply',
      options: [fileOption, { flags: '-y, --yes', text: 'option.yesShorten' }, ...catalogOptions],
      run: apply,
    },
    {
      name: 'show',
      options: [fileOption, { flags: '--applied', text: 'option.applied' }, ...catalogOptions],
      run: show,
    },
    { name: 'schema', run: schema },
    {
      name: 'init',
      options: [
        { flags: '--profile <name>', text: 'option.configProfile', choices: profiles },
        { flags: '--to <file>', text: 'option.toConfig' },
      ],
      run: init,
    },
    {
      name: 'import',
      arguments: [{ name: 'file', required: true, variadic: true }],
      options: [
        { flags: '--to <file>', text: 'option.toConfig' },
        { flags: '--seal', text: 'option.sealImport' },
        ...catalogOptions,
      ],
      run: importFiles,
    },
    {
      name: 'secret',
      arguments: [{ name: 'action', required: true, choices: ['set', 'list', 'delete'] }, { name: 'name' }],
      options: [fileOption, ...catalogOptions],
      run: secret,
    },
  ],
  examples: [
    'config init --profile school',
    'config check',
    'config diff',
    'config apply --config /etc/holdfast/holdfast.yaml',
    'config show',
    'config import backup_config.json monitor_config.json --to holdfast.yaml',
    'config secret set mail < password.txt',
  ],
};

async function check(invocation: Invocation): Promise<Ending> {
  const { checkConfiguration } = await import('../configuration/check.ts');
  return checkConfiguration(invocation);
}

async function diff(invocation: Invocation): Promise<Ending> {
  const { diffConfiguration } = await import('../configuration/apply.ts');
  return diffConfiguration(invocation);
}

async function apply(invocation: Invocation): Promise<Ending> {
  const { applyFile } = await import('../configuration/apply.ts');
  return applyFile(invocation, localActor(invocation));
}

async function show(invocation: Invocation): Promise<Ending> {
  const { showConfiguration } = await import('../configuration/show.ts');
  return showConfiguration(invocation);
}

async function schema({ output }: Invocation): Promise<Ending> {
  const { configurationJsonSchema } = await import('../../model/configuration/json-schema.ts');
  const document = configurationJsonSchema();
  for (const line of JSON.stringify(document, null, 2).split('\n')) output.line(line);
  return { result: { schema: document } };
}

async function init(invocation: Invocation): Promise<Ending> {
  const { writeExample } = await import('../configuration/write.ts');
  return writeExample(invocation);
}

async function importFiles(invocation: Invocation): Promise<Ending> {
  const { importConfigurations } = await import('../configuration/write.ts');
  return importConfigurations(invocation, localActor(invocation));
}

async function secret(invocation: Invocation): Promise<Ending> {
  const { sealedSecrets } = await import('../configuration/sealed.ts');
  return sealedSecrets(invocation, localActor(invocation));
}
