// What happens with what a backup observed: it is kept, compared with the runs before, and where somebody seems to destroy the source, people
// are told and the brake is pulled, in one unit, so that no deletion slips in between.

import type { Context } from '../../base/context.ts';
import { raiseAlert, resolveAlert, unresolvedAlert } from '../../catalog/alerts.ts';
import { appendAudit } from '../../catalog/audit.ts';
import { anomalyAlerts, type Brake, brakeOf, pullBrake } from '../../catalog/brake.ts';
import type { Unit } from '../../catalog/catalog.ts';
import { noteObservations, observedRuns } from '../../catalog/observations.ts';
import { findAnomalies } from '../../model/anomalies/detect.ts';
import type { Finding, FindingKind, Observations } from '../../model/anomalies/observations.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';

export interface ObservedPolicy {
  readonly id: string;
  readonly name: string;
}

export interface Judgement {
  readonly findings: readonly Finding[];
  /** Set when this run pulled it. */
  readonly brake?: Brake;
}

const pastRuns = 60;

const titles: Readonly<Record<FindingKind, string>> = {
  canary: 'a canary was touched',
  scrambled: 'files have become noise',
  'scrambled-slowly': 'day by day more files become noise',
  renamed: 'many files were renamed as ransomware does',
  'ransom-notes': 'there are letters as extortionists leave them',
  'known-endings': 'files have endings of known ransomware',
  'mass-change': 'unusually many files have changed',
  'mass-deletion': 'unusually many files are gone',
};

/**
 * Called once a backup run, in the unit that ends it, before anything is deleted for it. Telling the same run again finds the same and changes
 * nothing but the count of the alert.
 */
export async function judgeRun(
  run: {
    readonly policy: ObservedPolicy;
    readonly runId: string;
    readonly observations: Observations;
    readonly rules: Configuration['anomalies'];
    readonly node: string;
  },
  unit: Unit,
  context: Context,
): Promise<Judgement> {
  const { policy, runId, observations, rules, node } = run;
  const known = await observedRuns(unit, { policyId: policy.id, limit: pastRuns }, context);
  const now = context.clock.now();
  const past = known
    .filter((one) => one.runId < runId)
    .map((one) => ({
      observations: one.observations,
      ageMs: now - one.at,
      toldScrambled: one.findings.some(({ kind }) => kind === 'scrambled' || kind === 'scrambled-slowly'),
    }));
  const findings = findAnomalies(observations, past, rules);
  const isTold = known.some((one) => one.runId === runId);
  await noteObservations(unit, { runId, policyId: policy.id, observations, findings }, context);
  const key = `${anomalyAlerts}${policy.name}`;
  if (findings.length === 0) {
    await settle(unit, key, context);
    return { findings };
  }
  const worst = findings.find(({ severity }) => severity === 'critical') ?? findings[0]!;
  const title = `${policy.name}: ${titles[worst.kind]}`;
  const kinds = findings.map(({ kind }) => kind).join(' ');
  const facts = { policy: policy.name, kinds, ...worst.facts };
  await raiseAlert(unit, { key, severity: worst.severity, title, facts, policyId: policy.id }, context);
  if (isTold) return { findings };
  const by = { node, actor: 'anomalies', method: 'control' };
  for (const { kind, severity, facts } of findings) {
    const told = { ...facts, kind, severity, run: runId };
    const act = { ...by, action: 'anomaly:found', object: policy.name, outcome: 'succeeded' as const };
    await appendAudit(unit, { ...act, facts: told }, context);
  }
  if (worst.severity !== 'critical' || !rules.brake) return { findings };
  const { brake } = await pullBrake(unit, { why: title, policyId: policy.id, by }, context);
  return { findings, brake };
}

/** A run without anything odd ends a warning; what was critical only where somebody has seen it. */
async function settle(unit: Unit, key: string, context: Context): Promise<void> {
  if ((await brakeOf(unit, context)) !== undefined) return;
  const alert = await unresolvedAlert(unit, key, context);
  if (alert?.severity === 'critical' && alert.state === 'open') return;
  await resolveAlert(unit, key, context);
}
