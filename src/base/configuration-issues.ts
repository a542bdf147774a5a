// What a schema says is wrong with a configuration, in one line that names fields and never their values: one may be a secret in the wrong place.

/** `whole` names the configuration itself. Undefined for what is no failure of a schema. */
export function configurationIssues(error: unknown, whole: string): string | undefined {
  const { issues } = error as { issues?: readonly { path: readonly PropertyKey[]; message: string }[] };
  const line = ({ path, message }: { path: readonly PropertyKey[]; message: string }) =>
    `${path.join('.') || whole}: ${message.replace(/^Invalid input: expected \w+, received undefined$/, 'is missing')}`;
  return issues?.map(line).join('; ');
}
