// The example of docs/guides/alerts.md is a configuration that does what the guide says.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { understandConfiguration } from '../../src/cli/configuration/file.ts';
import { channelsFor } from '../../src/model/alerting/routing.ts';
import { project } from './holdfast.ts';

test('the example of a school is valid, and tells who is meant', () => {
  const guide = readFileSync(join(project, 'docs/guides/alerts.md'), 'utf8');
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(guide) ?? [];
  const { configuration } = understandConfiguration(yaml, 'holdfast.yaml', {});
  const told = (severity: 'info' | 'warning' | 'critical') =>
    channelsFor({ key: 'health:disk', severity }, configuration);
  assert.deepEqual(told('info'), []);
  assert.deepEqual(told('warning'), ['ict']);
  assert.deepEqual(told('critical'), ['office', 'ict']);
  assert.deepEqual(configuration.alerts.escalation, { after: 7_200_000, channels: ['deputy'] });
});
