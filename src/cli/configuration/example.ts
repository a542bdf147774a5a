// A first holdfast.yaml with remarks, for this machine: what can be found out stands there already.

import type { ProfileName } from '../../model/configuration/configuration.ts';
import { profileOf } from '../../model/configuration/profiles.ts';
import type { TextKey, Texts } from '../texts/texts.ts';

export interface Surroundings {
  readonly host: string;
  readonly zone: string;
  /** Folders of this machine that are worth saving. */
  readonly folders: readonly string[];
  readonly folder: string;
  readonly repository: string;
  readonly language: 'en' | 'de';
}

/** Taken by `config check` as it is; whatever is left to be done is advice there. */
export function exampleConfiguration(profile: ProfileName, around: Surroundings, texts: Texts): string {
  const say = (key: TextKey, values = {}) =>
    texts
      .say(key, values)
      .split('\n')
      .map((line) => `# ${line}`);
  const { folder, repository } = around;
  const isPipeline = profile === 'pipeline';
  const lines = [
    ...say('config.example.head', { host: around.host }),
    `profile: ${profile}`,
    `language: ${around.language}`,
    // A zone that the profile says is no matter of this machine.
    `${profileOf(profile, {}).rest.zone === undefined ? '' : '# '}zone: ${around.zone}`,
    '',
    ...say('config.example.repositories', { folder, repository: quoted(repository) }),
    'repositories:',
    '  main:',
    `    place: ${quoted(repository)}`,
    `    unlock: { password: ${quoted(`file:${folder}/repository-password`)} }`,
    '',
    ...say('config.example.policies'),
    'policies:',
    `  ${profile === 'keys' ? 'keys' : 'files'}:`,
    '    sources:',
    `      - kind: ${profile === 'keys' ? 'keys' : 'files'}`,
    `        paths: [${around.folders.map(quoted).join(', ')}]`,
    '    repositories: [main]',
    ...say(profileTexts[profile]).map((line) => `    ${line}`),
    '    # schedule: "0 2 * * *"',
    '    # retention: { keepDaily: 7, keepWeekly: 5, keepMonthly: 12 }',
    '',
    ...say('config.example.channels', { folder }),
    ...(isPipeline
      ? []
      : [
          '# channels:',
          '#   mail:',
          '#     place: email://backup@smtp.example.org/admin@example.com?from=backup@example.org',
          `#     secrets: { password: ${quoted(`file:${folder}/mail-password`)} }`,
          '# alerts:',
          '#   routes:',
          '#     - { from: warning, channels: [mail] }',
        ]),
  ];
  return `${lines.join('\n')}\n`;
}

const profileTexts = {
  school: 'config.example.school',
  keys: 'config.example.keys',
  pipeline: 'config.example.pipeline',
} as const;

function quoted(text: string): string {
  return /^[\w/.-]+$/.test(text) ? text : JSON.stringify(text);
}
