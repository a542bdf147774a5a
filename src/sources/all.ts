// The table of source kinds: one lazy line per kind, so that a kind costs nothing until it is used.

export const sourceKinds = {
  files: () => import('./files/kind.ts'),
  'standard-input': () => import('./standard-input.ts'),
  keys: () => import('./keys/kind.ts'),
  'secrets-manager': () => import('./secrets-manager.ts'),
  ssm: () => import('./ssm.ts'),
  'kms-policies': () => import('./kms-policies.ts'),
  'catalog-lines': () => import('./catalog-lines.ts'),
  vault: () => import('./vault.ts'),
} as const;

export type SourceKindName = keyof typeof sourceKinds;

const serviceKinds: ReadonlySet<string> = new Set<SourceKindName>([
  'catalog-lines',
  'vault',
  'secrets-manager',
  'ssm',
  'kms-policies',
]);

/** Whether its paths are no places on a disk: written there, secrets would lie open where nobody looks for them. */
export function isServiceKind(name: string): boolean {
  return serviceKinds.has(name);
}
