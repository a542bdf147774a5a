// The tables as the statements of this room see them. Instants are integers of milliseconds, flags 0 or 1, structures canonical JSON as
// text: so both databases hold the same, and a row of one can be moved to the other.

import type { Generated } from 'kysely';

export interface Tables {
  catalog_migrations: { number: number; name: string; applied_at: number };
  counters: { name: string; value: number };
  policies: PolicyRow;
  policy_states: PolicyStateRow;
  runs: RunRow;
  run_problems: { run_id: string; seq: number; path: string; code: string; message: string };
  recovery_points: RecoveryPointRow;
  copies: CopyRow;
  alerts: AlertRow;
  users: UserRow;
  tokens: TokenRow;
  user_passwords: { user_id: string; seq: number; hash: string; set_at: number };
  user_addresses: { user_id: string; address: string; last_login_at: number };
  grants: GrantRow;
  login_sessions: LoginSessionRow;
  factors: FactorRow;
  single_uses: SingleUseRow;
  approvals: ApprovalRow;
  budgets: { key: string; paid_until: number };
  audit_entries: AuditRow;
  audit_roots: { stream: string; day: string; first_seq: number; last_seq: number; record: string };
  audit_witnesses: { witness: string; stream: string; last_seq: number; root_seq: number; heard_at: number };
  audit_taken: { id: string; at: number };
  leases: LeaseRow;
  tasks: TaskRow;
  maintenance_plan: { one: number; since: number; version: string; updated_at: number };
  maintenance_evidence: EvidenceRow;
  configurations: ConfigurationRow;
  configuration_changes: { id: number; count: number; applied_digest: string | null };
  node_files: { node: string; path: string; digest: string; read_at: number };
  sealed_secrets: SealedSecretRow;
  plans: PlanRow;
  brakes: BrakeRow;
  health_states: HealthStateRow;
  health_changes: HealthChangeRow;
  run_observations: {
    run_id: string;
    policy_id: string;
    at: number;
    observations: string;
    findings: string;
  };
  lifetimes: { node: string; from_at: number; until_at: number };
  restore_times: RestoreTimeRow;
  messages: MessageRow;
  deliveries: DeliveryRow;
  repeatable_requests: RepeatableRequestRow;
}

/** `actor` is "holdfast" for what the program witnessed itself. */
interface EvidenceRow {
  id: string;
  task: string;
  at: number;
  period_from: number;
  actor: string;
  note: string;
}

interface PolicyRow {
  id: string;
  name: string;
  revision: number;
  config: string;
  enabled: number;
  created_at: number;
  updated_at: number;
  deleted_at: number | null;
  origin: string;
}

/** What a status answer needs of a policy, kept beside it, so that it never reads all runs. */
interface PolicyStateRow {
  policy_id: string;
  last_run_id: string | null;
  last_outcome: string | null;
  last_ended_at: number | null;
  last_succeeded_at: number | null;
}

interface RunRow {
  id: string;
  policy_id: string;
  due_at: number;
  attempt: number;
  state: string;
  outcome: string | null;
  started_at: number;
  ended_at: number | null;
  node: string;
  fence: number;
  task_id: string | null;
  lease_name: string | null;
  counts: string;
  problem_count: Generated<number>;
  failure_code: string | null;
  failure_message: string | null;
}

interface RecoveryPointRow {
  id: string;
  policy_id: string | null;
  source: string;
  taken_at: number;
  outcome: string;
  entries: number;
  bytes: number;
  kept_until: number | null;
  hold_reason: string | null;
  hold_actor: string | null;
  held_at: number | null;
  created_at: number;
}

interface CopyRow {
  recovery_point_id: string;
  repository: string;
  snapshot: string;
  storage: string;
  arrived_at: number;
  verified_at: number | null;
  verified_level: number | null;
  proven_at: number | null;
  locked_until: number | null;
  removed_at: number | null;
  leaving_task: string | null;
}

interface AlertRow {
  id: string;
  key: string;
  severity: string;
  state: string;
  policy_id: string | null;
  title: string;
  facts: string;
  count: number;
  first_at: number;
  last_at: number;
  acknowledged_by: string | null;
  acknowledged_until: number | null;
  resolved_at: number | null;
  news: Generated<number>;
  news_at: number;
}

interface UserRow {
  id: string;
  name: string;
  role: string;
  password_hash: string | null;
  second_factor: string | null;
  failed_logins: number;
  locked_until: number | null;
  disabled_at: number | null;
  created_at: number;
  password_set_at: number | null;
  last_login_at: number | null;
  rights_since: number | null;
}

interface TokenRow {
  id: string;
  user_id: string;
  purpose: string;
  name: string;
  hash: string;
  scopes: string;
  created_at: number;
  expires_at: number;
  last_used_at: number | null;
  revoked_at: number | null;
  is_sensitive: Generated<number>;
}

interface GrantRow {
  id: string;
  user_id: string;
  role: string;
  policy_id: string | null;
  repository: string | null;
  folder: string | null;
  created_at: number;
}

interface LoginSessionRow {
  id: string;
  hash: string;
  user_id: string;
  proof: string;
  address: string | null;
  agent: string | null;
  created_at: number;
  seen_at: number;
  idle_ms: number;
  ends_at: number;
  fresh_until: number;
}

/** A second way to prove who one is: `totp`, `passkey`, or a `recovery` code. */
interface FactorRow {
  id: string;
  user_id: string;
  kind: string;
  name: string;
  credential: string | null;
  data: string;
  counter: number;
  confirmed_at: number | null;
  created_at: number;
  last_used_at: number | null;
}

/** What is good once: links of setup and invitation, challenges of passkeys. Of a secret its hash. */
interface SingleUseRow {
  hash: string;
  purpose: string;
  user_id: string | null;
  data: string;
  created_at: number;
  expires_at: number;
}

interface ApprovalRow {
  id: string;
  permission: string;
  object: string;
  order_hash: string;
  summary: string;
  reason: string;
  state: string;
  requested_by: string;
  requested_id: string;
  requested_at: number;
  expires_at: number;
  decided_by: string | null;
  decided_at: number | null;
  used_at: number | null;
}

interface AuditRow {
  stream: string;
  seq: number;
  at: number;
  actor: string;
  action: string;
  entry: string;
  hash: string;
}

interface LeaseRow {
  name: string;
  holder: string | null;
  fence: number;
  held_until: number;
}

interface TaskRow {
  id: string;
  kind: string;
  key: string;
  payload: string;
  priority: number;
  due_at: number;
  source: string | null;
  source_limit: number;
  state: string;
  node: string | null;
  fence: number;
  held_until: number;
  claims: number;
  created_at: number;
  done_at: number | null;
  result: string | null;
  canceled_at: number | null;
  canceled_by: string | null;
}

interface ConfigurationRow {
  revision: number;
  config: string;
  applied_at: number;
  applied_by: string;
  node: string;
}

interface SealedSecretRow {
  name: string;
  key_id: string;
  sealed: string;
  changed_at: number;
  changed_by: string;
}

/** What a scheduler knows of a policy. */
interface PlanRow {
  policy_id: string;
  /** "backup" or "retention". */
  work: string;
  /** What it was planned from: the schedule and its zone. */
  basis: string;
  handled_at: number;
  due_at: number | null;
  start_at: number | null;
  task_key: string | null;
  waits_for: string | null;
  interval_ms: number | null;
  reasons: string | null;
}

interface BrakeRow {
  id: string;
  scope: string;
  policy_id: string | null;
  why: string;
  pulls: number;
  pulled_by: string;
  pulled_at: number;
  last_pulled_at: number;
  released_by: string | null;
  second_person: string | null;
  release_reason: string | null;
  released_at: number | null;
}

interface HealthStateRow {
  node: string;
  name: string;
  object: string;
  state: string;
  since: number;
  heading: string;
  heading_count: number;
  checked_at: number;
  reason: string;
  facts: string;
}

interface HealthChangeRow {
  id: string;
  node: string;
  name: string;
  object: string;
  before: string | null;
  state: string;
  at: number;
  reason: string;
  facts: string;
}

interface RestoreTimeRow {
  id: string;
  policy_id: string | null;
  kind: string;
  at: number;
  bytes: number;
  duration_ms: number;
  outcome: string;
}

interface MessageRow {
  id: string;
  channel: string;
  topic: string;
  subject: string;
  content: string;
  state: string;
  attempts: number;
  created_at: number;
  next_at: number;
  give_up_at: number;
  failed_at: number | null;
  error_code: string | null;
  ended_at: number | null;
}

interface DeliveryRow {
  id: string;
  alert_id: string;
  alert_key: string;
  news: number;
  channel: string;
  reason: string;
  severity: string;
  state: string;
  message_id: string | null;
  is_open: number;
  created_at: number;
  ended_at: number | null;
}

interface RepeatableRequestRow {
  caller: string;
  key: string;
  digest: string;
  status: number;
  answer: string | null;
  headers: string;
  created_at: number;
}
