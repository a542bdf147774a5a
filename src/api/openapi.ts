// The contract in OpenAPI 3.1, for other programs.

import { z } from 'zod';
import type { Operation } from './contract/operation.ts';
import { contract } from './contract.ts';
import { problemMedia } from './problem.ts';

type Json = z.output<ReturnType<typeof z.json>>;
type JsonObject = Record<string, Json>;

const apiVersion = '1.0.0';

export function openApi(): JsonObject {
  const paths: Record<string, JsonObject> = {};
  const operations = Object.entries(contract) as [string, Operation][];
  for (const [name, operation] of operations) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: described(name, operation),
    };
  }
  const topics = [...new Set(operations.map(([, { topic }]) => topic))];
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version: apiVersion,
      description:
        'Times are ISO 8601 in UTC, sizes are bytes. Objects are closed: a field that is not named here is refused. ' +
        'Errors are problem+json with a stable `code`. Lists are pages: send `next` of one as `after` for the following one. ' +
        'Send an `Idempotency-Key` with what must not happen twice: the same request with the same key gets the first answer again for a day.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: topics.map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'An API token: holdfast token create' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-holdfast',
          description: 'After a login. What changes something also needs the header X-Holdfast-Intent.',
        },
      },
      schemas: { Problem: problem },
      responses: {
        Problem: {
          description: 'It did not work; `code` says why.',
          content: { [problemMedia]: { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  };
}

const problem: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['type', 'title', 'status', 'code', 'request'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string' },
    hint: { type: 'string' },
    facts: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
    request: { type: 'string' },
  },
};

function described(name: string, operation: Operation): JsonObject {
  const { permission, method, status, media, answer, example, body } = operation;
  const isPublic = permission === 'public';
  const notes = [
    operation.details,
    isPublic ? 'Needs no login.' : `Needs \`${permission}\`.`,
    operation.own ? 'Open to who asked for it as well.' : '',
    operation.fresh ? 'Needs a fresh proof of who you are, or a token for sensitive acts.' : '',
    operation.secondPerson ? 'Where the configuration wants it, needs the approval of a second person.' : '',
    operation.errors.length === 0 ? '' : `Particular errors: ${operation.errors.join(', ')}.`,
  ];
  const wantsBody = !body.safeParse(undefined).success;
  const takesBody = wantsBody || body.def.type !== 'undefined';
  return {
    operationId: name,
    tags: [operation.topic],
    summary: operation.summary,
    description: notes.filter((note) => note !== '').join(' '),
    ...(isPublic ? { security: [] } : { security: [{ token: [] }, { session: [] }] }),
    parameters: [
      ...parameters(operation.params, 'path', example.params),
      ...parameters(operation.query, 'query', example.query),
      ...(method === 'GET' ? [] : [idempotencyKey]),
    ],
    ...(takesBody
      ? {
          requestBody: {
            required: wantsBody,
            content: {
              'application/json': { schema: schemaOf(body, 'input'), example: example.body as Json },
            },
          },
        }
      : {}),
    responses: {
      [String(status)]: {
        description: operation.summary,
        ...(status === 204
          ? {}
          : {
              content: { [media]: { schema: schemaOf(answer, 'output'), example: example.answer as Json } },
            }),
      },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

const idempotencyKey: JsonObject = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  schema: { type: 'string', maxLength: 200 },
};

function parameters(schema: z.ZodType, place: 'path' | 'query', example: unknown): JsonObject[] {
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, JsonObject>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, rules]) => {
    const value = (example as Record<string, Json | undefined>)[name];
    return {
      name,
      in: place,
      required: required.includes(name),
      schema: rules,
      ...(value === undefined ? {} : { example: value }),
    };
  });
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema: _, $defs: __, ...made } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return JSON.parse(JSON.stringify(made), simpler) as JsonObject;
}

function simpler(_key: string, value: Json): Json {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  // Of our schemas only "any JSON" refers to itself.
  if (typeof value['$ref'] === 'string') return {};
  const { inQuery, pattern, enum: choices, type, ...rest } = value;
  return inQuery === undefined ? value : { ...rest, ...(inQuery as JsonObject) };
}
