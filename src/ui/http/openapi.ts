/** What an operation says of itself, its part of the OpenAPI 3.1 document, and the whole of that. */
import type { Hono } from 'hono';
import { type DescribeRouteOptions, generateSpecs, loadVendor } from 'hono-openapi';
import * as z from 'zod/mini';
import type { AccessRule } from '../access/access-rule.ts';
import type { Env } from './env.ts';

/** A response of an operation, for the document only. */
export interface ResponseDoc {
  readonly description: string;
  /** Name of the answer's shape, or of the items of a page of them. */
  readonly shape?: string;
  readonly pageOf?: string;
  /** 'application/json' unless given. */
  readonly contentType?: string;
}

/** A body taken as text, for the document only. */
export interface TextBody {
  readonly description: string;
  readonly types: readonly string[];
}

export interface Operation {
  /** Unique, camelCase: becomes the operationId. */
  readonly name: string;
  readonly summary: string;
  /** Who may call it; there is no default. */
  readonly access: AccessRule;
  readonly takes?: TextBody;
  readonly responses: Readonly<Record<number, ResponseDoc>>;
  /** Whether the audit trail has it; changes unless said. */
  readonly audited?: boolean;
  /** The old name of something; goes with the next release but one. */
  readonly deprecated?: boolean;
  /** Not of the API: no part of the document. */
  readonly hidden?: boolean;
}

const SHAPES = '#/components/schemas/';

type Responses = NonNullable<DescribeRouteOptions['responses']>;
type Content = { schema: object };

/** An operation as the document has it; what it takes comes from its validators. */
export function describe(operation: Operation): DescribeRouteOptions {
  const { name, summary, access, takes, responses, deprecated, hidden } = operation;
  const documented: Responses = { default: { description: 'A problem', content: problemContent() } };
  for (const [status, response] of Object.entries(responses)) {
    documented[status] = responseObject(Number(status), response);
  }
  return {
    operationId: name,
    summary,
    description: accessText(access),
    security: security(access),
    ...{ 'x-access': access },
    ...(takes ? { requestBody: textBody(takes) } : {}),
    ...(deprecated ? { deprecated } : {}),
    ...(hidden ? { hide: true } : {}),
    responses: documented,
  };
}

/** `shapes` are the JSON Schemas that operations name. */
export async function openApiDocument(
  app: Hono<Env>,
  version: string,
  shapes: Record<string, object>,
): Promise<object> {
  // Or it would be looked for, with all of zod.
  loadVendor('zod', { toJSONSchema: inputSchema });
  return generateSpecs(app, {
    excludeStaticFile: false,
    defaultValidationErrorResponse: false,
    documentation: {
      info: {
        title: 'WebSCADA Edge',
        version,
        description:
          'Times are ISO 8601 in UTC. Errors are problem documents (RFC 9457). Cursors are opaque.',
      },
      components: {
        securitySchemes: {
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'wse-session',
            description: '`__Host-wse-session` behind TLS',
          },
          token: { type: 'http', scheme: 'bearer', description: 'API token, `wse_…`' },
        },
        schemas: shapes,
      },
    },
  });
}

function inputSchema(schema: unknown) {
  if (!(schema instanceof z.ZodMiniType)) throw new TypeError('not a schema of zod');
  // Two libraries, two sets of types for one JSON.
  return JSON.parse(JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })));
}

function textBody({ description, types }: TextBody) {
  const content = types.map((type) => [type, { schema: { type: 'string' as const } }] as const);
  return { description, required: true, content: Object.fromEntries(content) };
}

/** Who may call it, in words; where access is open everybody may. */
function accessText(access: AccessRule): string {
  if (access.who === 'public') return access.unclaimed ? 'Everybody, also before the claim.' : 'Everybody.';
  const token = access.scope === null ? 'no token' : `a token of the scope ${access.scope}`;
  return `The role ${access.who}; ${token}.`;
}

function security(access: AccessRule): Record<string, string[]>[] {
  if (access.who === 'public') return [];
  return access.scope === null ? [{ session: [] }] : [{ session: [] }, { token: [access.scope] }];
}

function responseObject(
  status: number,
  response: ResponseDoc,
): { description: string; content?: Record<string, Content> } {
  const { description, contentType = 'application/json' } = response;
  const schema = answerSchema(response);
  if (schema) return { description, content: { [contentType]: { schema } } };
  return status < 400 ? { description } : { description, content: problemContent() };
}

function answerSchema({ shape, pageOf, contentType }: ResponseDoc): object | undefined {
  if (contentType !== undefined) return { type: 'string' };
  if (shape !== undefined) return { $ref: SHAPES + shape };
  if (pageOf === undefined) return undefined;
  return {
    type: 'object',
    required: ['items'],
    properties: {
      items: { type: 'array', items: { $ref: SHAPES + pageOf } },
      nextCursor: { type: 'string', description: 'Absent on the last page' },
    },
  };
}

function problemContent(): Record<string, Content> {
  return { 'application/problem+json': { schema: { $ref: `${SHAPES}Problem` } } };
}
