// What all questions to AWS have in common: TLS or this machine alone, patience with throttling, and which refusals concern one entry and
// which the whole source. Credentials, profile, region and endpoint come as for all AWS tools.

import { type AwsError, awsAnswer, awsFacts } from '../../base/aws-answer.ts';
import { Failure } from '../../base/failure.ts';

/** Questions under way at once: enough to hide the network, few enough not to be throttled all the time. */
export const askedAtOnce = 6;

export function clientOptions(region: string | undefined) {
  return {
    ...(region === undefined ? {} : { region }),
    maxAttempts: 8,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: 10_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  } as const;
}

interface Stack {
  // biome-ignore lint/suspicious/noExplicitAny: each client of the SDK has a type of its own for the same middleware.
  add(middleware: (next: any) => (args: any) => Promise<any>, options: any): void;
}
const loopback = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

/** Answers hold secrets: an endpoint without TLS is none but this machine. */
export function onlyByTls(client: { readonly middlewareStack: Stack }, service: string): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const { protocol, hostname } = args.request as { readonly protocol: string; readonly hostname: string };
      if (protocol !== 'https:' && !loopback.has(hostname)) {
        throw new Failure(
          'usage',
          'AWS_ENDPOINT_PLAIN',
          `the endpoint "${hostname}" of ${service} is not reached by TLS`,
          {
            hint: 'The answers hold secrets: give an endpoint that begins with "https:".',
            facts: { host: hostname },
          },
        );
      }
      return next(args);
    },
    { step: 'build', name: 'onlyByTls' },
  );
}

/** The region that the client has found; a Failure where none is configured. */
export async function regionOf(client: { readonly config: { region(): Promise<string> } }): Promise<string> {
  try {
    return await client.config.region();
  } catch (cause) {
    throw new Failure('usage', 'AWS_REGION_MISSING', 'no AWS region was given', {
      hint: 'Give --aws-region, or set AWS_REGION or a region in the profile.',
      cause,
    });
  }
}

/** What stops the whole source. The service's own text may name users of the account and goes into the cause alone. */
export function awsFailure(error: unknown, service: string): Failure {
  if (error instanceof Failure) return error;
  const { name = '', code } = error as AwsError;
  const facts = { service, ...awsFacts(error as AwsError) };
  const more = { facts, cause: error };
  if (name === 'AbortError') return new Failure('canceled', 'CANCELED', 'the backup was canceled');
  if (name.startsWith('AccessDenied')) {
    return new Failure('denied', 'AWS_LISTING_DENIED', `${service} does not let this account list`, {
      hint: 'Allow the calls that docs/guides/secrets-sources.md names to the account that makes the backup.',
      ...more,
    });
  }
  const answer = awsAnswer(error as AwsError);
  if (answer === 'credentials-refused') {
    return new Failure(
      'denied',
      'AWS_CREDENTIALS_REFUSED',
      `AWS does not accept the credentials for ${service}`,
      {
        hint: 'Renew them, and check the clock of this machine: a signature holds for some minutes.',
        ...more,
      },
    );
  }
  if (answer === 'credentials-missing') {
    return new Failure('denied', 'AWS_CREDENTIALS_MISSING', `there are no AWS credentials for ${service}`, {
      hint: 'Give them as for all AWS tools: AWS_PROFILE, AWS_ACCESS_KEY_ID, single sign-on or a role of the machine.',
      ...more,
    });
  }
  if (answer === 'throttled') {
    return new Failure('unavailable', 'AWS_THROTTLED', `${service} answers that it is asked too often`, {
      hint: 'Try again later, or raise the request quota of the account.',
      ...more,
    });
  }
  if (answer === 'unreachable') {
    return new Failure('unavailable', 'AWS_UNREACHABLE', `${service} cannot be reached`, {
      hint: 'Check region, network, proxy and the AWS_ENDPOINT_URL variables.',
      facts: { ...facts, ...(code === undefined ? {} : { code }) },
      cause: error,
    });
  }
  if (answer === 'unavailable') {
    return new Failure('unavailable', 'AWS_UNAVAILABLE', `${service} cannot answer at the moment`, {
      hint: 'Try again later; the health page of AWS tells of outages.',
      ...more,
    });
  }
  return new Failure('denied', 'AWS_REFUSED', `${service} refuses with "${name}"`, {
    hint: 'Look the name up in the API reference of AWS.',
    ...more,
  });
}

export interface EntryProblem {
  readonly code: string;
  readonly message: string;
}

/** Refusals that concern the one entry that was asked for; all others stop the backup. */
const entryRefusals: Readonly<Record<string, EntryProblem>> = {
  AccessDeniedException: { code: 'SECRET_DENIED', message: 'this account may not read it' },
  DecryptionFailure: { code: 'SECRET_NOT_DECRYPTED', message: 'its KMS key does not decrypt it' },
  InvalidKeyId: { code: 'SECRET_NOT_DECRYPTED', message: 'its KMS key does not decrypt it' },
  KMSInvalidStateException: { code: 'SECRET_NOT_DECRYPTED', message: 'its KMS key is not usable' },
  InvalidRequestException: { code: 'SECRET_NOT_READABLE', message: 'it is not readable in its state' },
  UnsupportedOperationException: { code: 'SECRET_NOT_READABLE', message: 'it is not readable in its state' },
  ResourceNotFoundException: { code: 'SECRET_VANISHED', message: 'it vanished while it was saved' },
  ParameterNotFound: { code: 'SECRET_VANISHED', message: 'it vanished while it was saved' },
  NotFoundException: { code: 'SECRET_VANISHED', message: 'it vanished while it was saved' },
  InvalidResourceId: { code: 'SECRET_VANISHED', message: 'it vanished while it was saved' },
};

/** Asks for one entry: its answer, or why there is none. */
export async function askEntry<Answer>(
  service: string,
  ask: () => Promise<Answer>,
): Promise<{ readonly answer: Answer } | { readonly problem: EntryProblem }> {
  try {
    return { answer: await ask() };
  } catch (error) {
    const problem = entryRefusals[(error as AwsError).name ?? ''];
    if (problem === undefined) throw awsFailure(error, service);
    return { problem };
  }
}

/**
 * All items of all pages; a token that comes again would go on for ever. With `keepsRefusals` a refusal is thrown as it came, for
 * `askEntry` around it.
 */
export async function* allPages<Answer, Item>(
  service: string,
  ask: (token: string | undefined) => Promise<Answer>,
  read: (answer: Answer) => {
    readonly items: readonly Item[] | undefined;
    readonly next: string | undefined;
  },
  { keepsRefusals = false }: { readonly keepsRefusals?: boolean } = {},
): AsyncGenerator<Item> {
  const seen = new Set<string>();
  for (let token: string | undefined; ; ) {
    let answer: Answer;
    try {
      answer = await ask(token);
    } catch (error) {
      throw keepsRefusals ? error : awsFailure(error, service);
    }
    const { items, next } = read(answer);
    yield* items ?? [];
    if (next === undefined || next === '') return;
    if (seen.has(next)) {
      throw new Failure(
        'unavailable',
        'AWS_PAGES_ENDLESS',
        `${service} gives the same page again and again`,
        {
          hint: 'Something else than AWS answers there, or try again later.',
        },
      );
    }
    seen.add(next);
    token = next;
  }
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
