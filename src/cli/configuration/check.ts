// `config check`: every mistake of the file on a line of its own, then what is lacking on this machine.

import { pathText } from '../../model/configuration/issues.ts';
import type { Ending, Invocation } from '../command.ts';
import { catalogPlace } from '../control/places.ts';
import { inspectConfiguration, type LoadedConfiguration } from './file.ts';
import { catalogFindings, type Finding, findingsOf, findingTexts } from './findings.ts';
import { configurationPath } from './path.ts';

export async function checkConfiguration(invocation: Invocation): Promise<Ending> {
  const { output, texts, ambient } = invocation;
  const path = configurationPath(invocation);
  const inspected = inspectConfiguration(path, ambient.environment);
  if (!('loaded' in inspected)) {
    const { troubles, code } = inspected;
    for (const { line, column, message } of troubles) {
      output.line(`${path}:${line}:${column}: ${texts.phrase(message)}`);
    }
    output.line(texts.say('config.wrong', { path, count: troubles.length }));
    return { outcome: 'failed', exit: 2, result: { path, code, mistakes: troubles, findings: [] } };
  }
  const { loaded } = inspected;
  const findings = await allFindings(loaded, invocation);
  const placed = findings.map((finding) => ({
    ...finding,
    ...loaded.document.positionOf(finding.path, 'value'),
  }));
  placed.sort((a, b) => a.line - b.line || a.column - b.column);
  const told = placed.map(({ path: at, state, code, about, instead, message, line, column }) => {
    const words = texts.say(findingTexts[code], {
      about,
      instead: instead ?? '',
      message: message === undefined ? '' : texts.phrase(message),
    });
    output.line(
      `${path}:${line}:${column}: ${texts.say(state === 'problem' ? 'doctor.state.problem' : 'doctor.state.advice')}: ${pathText(at)}: ${words}`,
    );
    return { path: pathText(at), line, column, state, code, about, message: words };
  });
  const problems = findings.filter(({ state }) => state === 'problem').length;
  const { policies, repositories, channels } = loaded.configuration;
  const counts = {
    policies: Object.keys(policies).length,
    repositories: Object.keys(repositories).length,
    channels: Object.keys(channels).length,
  };
  output.line(texts.say(problems === 0 ? 'config.right' : 'config.lacking', { path, problems, ...counts }));
  const result = { path, mistakes: [], findings: told, problems, ...counts };
  return problems === 0 ? { result } : { outcome: 'partial', result };
}

async function allFindings(loaded: LoadedConfiguration, invocation: Invocation): Promise<Finding[]> {
  const { context, ambient } = invocation;
  const place = await catalogPlace(loaded.configuration.catalog, invocation);
  const { findings, sealed } = await catalogFindings(place, context);
  return [...findings, ...(await findingsOf(loaded, ambient.environment, sealed, context.clock.now()))];
}
