// The metrics that Holdfast tells, each with its name, its meaning and its labels: one table for Prometheus, OTLP, JSON, the documentation and
// the board. All are gauges: what they say is read from the catalog when somebody asks, so that no restart loses any of it.

export interface Family {
  readonly help: string;
  /** As OTLP writes units (UCUM). */
  readonly unit:
    | '1'
    | 's'
    | 'By'
    | '{policy}'
    | '{run}'
    | '{alert}'
    | '{task}'
    | '{restore}'
    | '{problem}'
    | '{entry}'
    | '{call}';
  readonly labels: readonly string[];
}

/** Of each policy; told apart only as long as there are not too many of them. */
export const policyFamilies = {
  holdfast_policy_enabled: {
    help: 'Whether the policy runs by its schedule (1) or is switched off (0).',
    unit: '1',
    labels: ['policy'],
  },
  holdfast_policy_last_run_end_timestamp_seconds: {
    help: 'When the last run of the policy ended.',
    unit: 's',
    labels: ['policy'],
  },
  holdfast_policy_last_success_timestamp_seconds: {
    help: 'When the last run ended that took a recovery point.',
    unit: 's',
    labels: ['policy'],
  },
  holdfast_policy_last_run_success: {
    help: 'Whether the last run succeeded without a problem (1), or not (0).',
    unit: '1',
    labels: ['policy'],
  },
  holdfast_policy_last_run_problems: {
    help: 'Entries that the last run could not save.',
    unit: '{problem}',
    labels: ['policy'],
  },
  holdfast_policy_last_run_duration_seconds: {
    help: 'How long the last run took.',
    unit: 's',
    labels: ['policy'],
  },
  holdfast_policy_last_run_entries: {
    help: 'Entries that the last run saw in its sources.',
    unit: '{entry}',
    labels: ['policy'],
  },
  holdfast_policy_last_run_source_bytes: {
    help: 'Size of what the last run protects.',
    unit: 'By',
    labels: ['policy'],
  },
  holdfast_policy_last_run_read_bytes: {
    help: 'Bytes that the last run read, as they had changed.',
    unit: 'By',
    labels: ['policy'],
  },
  holdfast_policy_last_run_stored_bytes: {
    help: 'Bytes that the last run added to its first repository.',
    unit: 'By',
    labels: ['policy'],
  },
  holdfast_policy_last_run_compression_ratio: {
    help: 'New content of the last run by its size in the repository: 2 is half the size.',
    unit: '1',
    labels: ['policy'],
  },
  holdfast_policy_last_run_encryption_overhead_ratio: {
    help: 'Share of the new bytes of the last run that encryption adds.',
    unit: '1',
    labels: ['policy'],
  },
  holdfast_policy_last_run_cpu_seconds: {
    help: 'Processor time that the last run took.',
    unit: 's',
    labels: ['policy'],
  },
  holdfast_policy_last_run_memory_peak_bytes: {
    help: 'The most memory that the last run held at a time.',
    unit: 'By',
    labels: ['policy'],
  },
  holdfast_policy_last_run_disk_bytes: {
    help: 'Bytes that the last run had read from disks and written to disks.',
    unit: 'By',
    labels: ['policy', 'direction'],
  },
  holdfast_policy_last_run_network_bytes: {
    help: 'Bytes that the last run received and sent over the network.',
    unit: 'By',
    labels: ['policy', 'direction'],
  },
  holdfast_policy_recovery_point_timestamp_seconds: {
    help: 'When the newest recovery point of the policy was taken.',
    unit: 's',
    labels: ['policy'],
  },
  holdfast_policy_rpo_seconds: {
    help: 'How old the newest recovery point may become (RPO).',
    unit: 's',
    labels: ['policy'],
  },
  holdfast_policy_rto_seconds: {
    help: 'How long a restore may take (RTO).',
    unit: 's',
    labels: ['policy'],
  },
} as const satisfies Readonly<Record<string, Family>>;

export const wholeFamilies = {
  holdfast_build_info: { help: 'The version that answers; always 1.', unit: '1', labels: ['version'] },
  holdfast_policies: { help: 'Policies.', unit: '{policy}', labels: ['state'] },
  holdfast_policies_by_last_outcome: {
    help: 'Enabled policies by how their last run ended.',
    unit: '{policy}',
    labels: ['outcome'],
  },
  holdfast_policies_beyond_rpo: {
    help: 'Enabled policies whose newest recovery point is older than their RPO, or that have none.',
    unit: '{policy}',
    labels: [],
  },
  holdfast_policies_not_listed: {
    help: 'Policies of which no metrics of their own are told, because there are too many.',
    unit: '{policy}',
    labels: [],
  },
  holdfast_oldest_recovery_point_age_seconds: {
    help: 'Age of the newest recovery point of the policy that waits longest.',
    unit: 's',
    labels: [],
  },
  holdfast_runs_running: { help: 'Runs that are under way.', unit: '{run}', labels: [] },
  holdfast_runs_last_day: {
    help: 'Runs of the last 24 hours by how they ended.',
    unit: '{run}',
    labels: ['outcome'],
  },
  holdfast_runs_last_month: {
    help: 'Runs of the last 30 days by how they ended.',
    unit: '{run}',
    labels: ['outcome'],
  },
  holdfast_run_success_ratio: {
    help: 'Share of the runs of the last 30 days that took a recovery point.',
    unit: '1',
    labels: [],
  },
  holdfast_run_error_ratio: {
    help: 'Share of the runs of the last 30 days that failed.',
    unit: '1',
    labels: [],
  },
  holdfast_restores_last_month: {
    help: 'Restores and drills of the last 30 days by how they ended.',
    unit: '{restore}',
    labels: ['kind', 'outcome'],
  },
  holdfast_restore_duration_max_seconds: {
    help: 'The longest restore or drill of the last 30 days (measured RTO).',
    unit: 's',
    labels: ['kind'],
  },
  holdfast_restore_speed_bytes_per_second: {
    help: 'Bytes a second over all restores and drills of the last 30 days.',
    unit: 'By',
    labels: ['kind'],
  },
  holdfast_availability_ratio: {
    help: 'Share of the last 30 days, or of the time since the first start, in which a node was at work.',
    unit: '1',
    labels: [],
  },
  holdfast_alerts: { help: 'Alerts that are not over.', unit: '{alert}', labels: ['severity'] },
  holdfast_queue_tasks: { help: 'Tasks that are not done.', unit: '{task}', labels: ['state'] },
  holdfast_brakes: {
    help: 'Brakes that hold up deletions until a person lifts them.',
    unit: '1',
    labels: [],
  },
  holdfast_health_state: {
    help: 'What health checks found: 0 well, 1 unknown, 2 warning, 3 critical.',
    unit: '1',
    labels: ['node', 'check', 'object'],
  },
  holdfast_storage_bytes: {
    help: 'Room of what repositories and sources lie on, as health checks found it.',
    unit: 'By',
    labels: ['node', 'object', 'state'],
  },
  holdfast_audit_unwitnessed_entries: {
    help: 'Entries of the audit trail that a witness has not heard of.',
    unit: '{entry}',
    labels: ['node', 'witness'],
  },
} as const satisfies Readonly<Record<string, Family>>;

export type FamilyName = keyof typeof policyFamilies | keyof typeof wholeFamilies;

export const families: Readonly<Record<FamilyName, Family>> = { ...wholeFamilies, ...policyFamilies };

export interface Sample {
  readonly name: FamilyName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
