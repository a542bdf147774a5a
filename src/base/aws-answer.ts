// What the services of AWS answer in general, by the names that all of them share; what a refusal means for a key or an entry, who asks knows.

/** An error as the SDK throws it. */
export interface AwsError {
  readonly name?: string;
  /** Of the system, where nothing was answered. */
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

export type AwsAnswer =
  | 'credentials-refused'
  | 'credentials-missing'
  | 'throttled'
  | 'unavailable'
  | 'unreachable'
  /** It was answered, and the answer is another no. */
  | 'refused';

const named: Readonly<Record<string, AwsAnswer>> = {
  UnrecognizedClientException: 'credentials-refused',
  InvalidSignatureException: 'credentials-refused',
  InvalidClientTokenId: 'credentials-refused',
  SignatureDoesNotMatch: 'credentials-refused',
  IncompleteSignature: 'credentials-refused',
  IncompleteSignatureException: 'credentials-refused',
  MissingAuthenticationToken: 'credentials-refused',
  MissingAuthenticationTokenException: 'credentials-refused',
  ExpiredToken: 'credentials-refused',
  ExpiredTokenException: 'credentials-refused',
  RequestExpired: 'credentials-refused',
  CredentialsProviderError: 'credentials-missing',
  TokenProviderError: 'credentials-missing',
  ProviderError: 'credentials-missing',
  ThrottlingException: 'throttled',
  Throttling: 'throttled',
  LimitExceededException: 'throttled',
  TooManyRequestsException: 'throttled',
  RequestLimitExceeded: 'throttled',
  ServiceUnavailableException: 'unavailable',
  InternalFailure: 'unavailable',
};

export function awsAnswer({ name = '', $metadata }: AwsError): AwsAnswer {
  if (Object.hasOwn(named, name)) return named[name]!;
  const status = $metadata?.httpStatusCode;
  if (status === undefined) return 'unreachable';
  return status >= 500 ? 'unavailable' : 'refused';
}

/** What may stand in a report: never the service's own text, which may name users of the account. */
export function awsFacts({ name = '', $metadata }: AwsError): Readonly<Record<string, string>> {
  const request = $metadata?.requestId;
  return { answer: name, ...(request === undefined ? {} : { request }) };
}
