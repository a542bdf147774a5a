// What `config check` finds in a file that is written well: places that no storage and no channel could open, names nearly right, rules that do not
// do what was meant.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { understandConfiguration } from '../../../src/cli/configuration/file.ts';
import { findingsOf } from '../../../src/cli/configuration/findings.ts';
import { pathText } from '../../../src/model/configuration/issues.ts';

async function foundIn(value: unknown): Promise<string[]> {
  const loaded = understandConfiguration(JSON.stringify(value), '/etc/holdfast/holdfast.yaml', {});
  const sealed = new Set(['secret']);
  const found = await findingsOf(loaded, {}, sealed, Date.UTC(2026, 10, 22));
  return found
    .filter(({ code }) => !['untold', 'unused', 'folder-missing', 'source-missing'].includes(code))
    .map(({ code, path, about, instead }) => [code, pathText(path), about, instead ?? ''].join(' ').trim());
}

const unlock = { password: 'sealed:secret' };

test('a place that no storage could open is found, with the option, kind or secret that is wrong', async () => {
  const repositories = {
    right: { place: 's3://bucket?access-key-id=AB', unlock, secrets: { secretAccessKey: 'sealed:secret' } },
    half: { place: 's3://bucket?access-key-id=AB', unlock },
    option: { place: 's3://bucket?nonsense=1', unlock },
    typo: { place: 'stfp://a@b/c', unlock },
    far: { place: 'carrier-pigeon://a@b/c', unlock },
    user: { place: 'sftp://', unlock },
    field: { place: 'webdavs://u@h/x', unlock, secrets: { pasword: 'sealed:secret' } },
    relative: { place: 'backups', unlock },
    mirror: {
      place: 'mirror:?member=file%3A%2Fa&member=sftp%3A%2F%2Fu%40h%2Fb',
      unlock,
      secrets: { member2Password: 'sealed:secret' },
    },
  };
  assert.deepEqual((await foundIn({ repositories })).sort(), [
    'kind-near repositories.typo.place stfp sftp',
    'kind-unknown repositories.far.place carrier-pigeon',
    'place-relative repositories.relative.place backups',
    'place-wrong repositories.half.place STORAGE_CONFIG_INVALID',
    'place-wrong repositories.option.place STORAGE_URL_INVALID',
    'place-wrong repositories.user.place STORAGE_URL_INVALID',
    'secret-unknown repositories.field.secrets.pasword pasword password',
  ]);
});

test('a channel that could not be opened is found, and every kind that is whole is none', async () => {
  const url = { url: 'sealed:secret' };
  const channels = {
    mail: { place: 'email://a@smtp.example.org/b@example.org?from=a@example.org' },
    chat: { place: 'slack:', secrets: url },
    teams: { place: 'teams:', secrets: url },
    dead: { place: 'healthchecks:', secrets: url },
    hook: { place: 'webhook:https://example.org/x', secrets: { secret: 'sealed:secret' } },
    log: { place: 'syslog://logs.example.org' },
    topic: { place: 'sns:arn:aws:sns:eu-central-1:123456789012:topic' },
    program: { place: 'command:/bin/sh' },
    words: { place: '{"kind":"command","command":["/bin/sh","-c","true"]}' },
    gone: { place: '{"kind":"command","command":["/usr/bin/no-such-program"]}' },
    spaced: { place: 'command:/usr/bin/tee -a /tmp/told' },
    lacking: { place: 'teams:' },
    address: { place: 'email://a@smtp.example.org/b' },
    typo: { place: 'emial://x' },
    field: { place: 'webhook:https://example.org/x', secrets: { tokn: 'sealed:secret' } },
  };
  assert.deepEqual((await foundIn({ channels })).sort(), [
    'kind-near channels.typo.place emial email',
    'place-wrong channels.address.place CHANNEL_CONFIG_INVALID',
    'place-wrong channels.lacking.place CHANNEL_CONFIG_INVALID',
    'program-missing channels.gone.place /usr/bin/no-such-program',
    'program-missing channels.spaced.place /usr/bin/tee -a /tmp/told',
    'secret-unknown channels.field.secrets.tokn tokn token',
  ]);
});

test('a rule of retention beside a limit is found where it keeps more, and where it keeps nothing', async () => {
  const policy = {
    sources: [{ kind: 'files', paths: ['/srv'] }],
    repositories: ['disk'],
    schedule: '0 2 * * *',
  };
  const policies = {
    long: { ...policy, retention: { keepMonthly: 24, retentionDays: 90 } },
    idle: { ...policy, retention: { keepDaily: 7, retentionDays: 90 } },
    right: { ...policy, retention: { keepLast: 1, retentionDays: 90 } },
  };
  const found = await foundIn({ repositories: { disk: { place: '/mnt', unlock } }, policies });
  assert.deepEqual(found.sort(), [
    'retention-beyond policies.long.retention.keepMonthly keepMonthly retentionDays: 90',
    'retention-idle policies.idle.retention.keepDaily keepDaily retentionDays: 90',
  ]);
});
