// Publishing to a topic: what fits there, and what SNS refuses in words for people. Its own text may name accounts and is left out.

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import { PublishCommand, type PublishCommandInput, SNSClient } from '@aws-sdk/client-sns';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { type Channel, type Message, type Receipt, taken } from '../channel.ts';
import { fitText, oneLine } from '../fit.ts';
import { messageId, threadId } from '../message-json.ts';
import { type Resolve, resolveTarget } from '../network/addresses.ts';
import { canceled, connectionFailure } from '../network/trouble.ts';
import type { SnsConfig } from '../sns.ts';

/** SNS takes 256 KiB with all attributes. */
const textBytesMax = 240 * 1024;
/** A subject has fewer than 100 characters of ASCII. */
const subjectCharactersMax = 99;

export class SnsChannel implements Channel {
  readonly location: string;
  readonly #topic: string;
  readonly #client: SNSClient;

  constructor({ topic, endpoint, accessKeyId, secretAccessKey }: SnsConfig, resolve: Resolve) {
    const [, , , region = ''] = topic.split(':');
    this.location = `sns:${topic}`;
    this.#topic = topic;
    const lookup = checkedLookup(resolve);
    this.#client = new SNSClient({
      region,
      // Who sends again is decided elsewhere.
      maxAttempts: 1,
      requestHandler: {
        httpAgent: new HttpAgent({ keepAlive: false, lookup }),
        httpsAgent: new HttpsAgent({ keepAlive: false, lookup }),
      },
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(accessKeyId === undefined || secretAccessKey === undefined
        ? {}
        : { credentials: { accessKeyId, secretAccessKey } }),
    });
  }

  async send(message: Message, context: Context): Promise<Receipt> {
    try {
      const publish = new PublishCommand(publication(this.#topic, message));
      await this.#client.send(publish, { abortSignal: context.signal });
      return taken;
    } catch (error) {
      if (context.signal.aborted) throw canceled();
      throw snsFailure(this.location, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
  }
}

function publication(topic: string, message: Message): PublishCommandInput {
  const { severity, title, text, facts, links, language, dedupeKey } = message;
  const factLines = Object.entries(facts).map(([name, value]) => `${name}: ${value}`);
  const linkLines = links.map(({ title: name, url }) => `${name}: ${url}`);
  const whole = [title, text, factLines.join('\n'), linkLines.join('\n')]
    .filter((part) => part !== '')
    .join('\n\n');
  const isFifo = topic.endsWith('.fifo');
  return {
    TopicArn: topic,
    Subject: asciiSubject(`${severity}: ${title}`),
    Message: fitText(whole, textBytesMax, language),
    MessageAttributes: {
      severity: { DataType: 'String', StringValue: severity },
      dedupeKey: { DataType: 'String', StringValue: oneLine(dedupeKey, 200) || '-' },
    },
    ...(isFifo ? { MessageGroupId: threadId(message), MessageDeduplicationId: messageId(message) } : {}),
  };
}

/** Umlauts as Germans write them where they have none; whatever else is not ASCII becomes "?". */
function asciiSubject(text: string): string {
  const umlauts: Readonly<Record<string, string>> = {
    ä: 'ae',
    ö: 'oe',
    ü: 'ue',
    Ä: 'Ae',
    Ö: 'Oe',
    Ü: 'Ue',
    ß: 'ss',
    '…': '...',
  };
  const ascii = text
    .replace(/[äöüÄÖÜß…]/g, (letter) => umlauts[letter] ?? '?')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/gu, '?');
  return ascii.slice(0, subjectCharactersMax).trimEnd();
}

type Lookup = NonNullable<ConstructorParameters<typeof HttpAgent>[0]>['lookup'];

/** Private addresses are allowed, because that is how a VPC reaches SNS; the metadata service is not. */
function checkedLookup(resolve: Resolve): NonNullable<Lookup> {
  return (host, options, callback) => {
    resolveTarget(host, { scope: 'internal', allowNetworks: [] }, resolve).then(
      (addresses) => {
        if (options.all === true) callback(null, [...addresses]);
        else callback(null, addresses[0]!.address, isIP(addresses[0]!.address));
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

interface AwsError {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const credentialNames =
  /^(UnrecognizedClientException|InvalidClientTokenId|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|ExpiredToken(Exception)?|RequestExpired|InvalidSecurity(Exception)?|AuthorizationError(Exception)?|AccessDenied(Exception)?|CredentialsProviderError|TokenProviderError|ProviderError)$/;

function snsFailure(location: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { name = '', $metadata } = error as AwsError;
  const status = $metadata?.httpStatusCode;
  const facts = { answer: /^[A-Za-z]{1,80}$/.test(name) ? name : 'unknown' };
  if (credentialNames.test(name)) {
    return new Failure('denied', 'CHANNEL_DENIED', `"${location}" does not accept the credentials`, {
      facts,
      hint: 'Check the access key, the clock of this machine, and that the policy of the account allows sns:Publish on the topic.',
    });
  }
  if (/^NotFound(Exception)?$/.test(name)) {
    return new Failure('missing', 'CHANNEL_GONE', `"${location}" does not exist`, {
      facts,
      hint: 'Check the ARN, its region and its account, or make the topic.',
    });
  }
  if (status === undefined) return connectionFailure(location, error);
  if (status >= 500 || status === 429 || /^Throttl/.test(name)) {
    return new Failure('unavailable', 'CHANNEL_BUSY', `"${location}" cannot take the message now`, {
      facts,
      hint: 'SNS is overloaded or limits this account. The message can be sent again.',
    });
  }
  return new Failure('usage', 'CHANNEL_REFUSED', `"${location}" refuses the message`, {
    facts,
    hint: 'Check the topic: its policy, its encryption key, and whether it takes such messages.',
  });
}
