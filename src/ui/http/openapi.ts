/** The OpenAPI 3.1 document, made from the routes and their schemas when somebody first asks for it. */
import * as z from 'zod';
import type { AccessRule } from '../access/access-rule.ts';
import { components } from '../shapes/schemas.ts';
import type { ResponseDoc, Route, TextBody } from './operation.ts';

const REF = '#/components/schemas/';

export function openApiDocument(routes: readonly Route[], version: string): unknown {
  const { schemas } = z.toJSONSchema(components, { uri: (id) => `${REF}${id}`, io: 'input' });
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = operation(route);
    paths[route.path] = operations;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'WebSCADA Edge',
      version,
      description: 'Times are ISO 8601 in UTC. Errors are problem documents (RFC 9457). Cursors are opaque.',
    },
    paths,
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
      schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutId(schema)])),
    },
  };
}

function operation(route: Route): unknown {
  const responses = Object.fromEntries(
    Object.entries(route.responses).map(([status, response]) => [
      status,
      responseObject(Number(status), response),
    ]),
  );
  return {
    operationId: route.name,
    summary: route.summary,
    description: accessText(route.access),
    security: security(route.access),
    'x-access': route.access,
    parameters: [...pathParameters(route.path), ...queryParameters(route.params)],
    ...(route.body
      ? {
          requestBody: {
            required: true,
            content: {
              'application/json': { schema: withoutId(z.toJSONSchema(route.body, { io: 'input' })) },
            },
          },
        }
      : {}),
    ...(route.takes ? { requestBody: textBody(route.takes) } : {}),
    responses: {
      ...responses,
      default: { description: 'A problem', content: problemContent() },
    },
  };
}

function textBody({ description, types }: TextBody): unknown {
  const content = types.map((type) => [type, { schema: { type: 'string' } }]);
  return { description, required: true, content: Object.fromEntries(content) };
}

/** Who may call it, in words; where access is open everybody may. */
function accessText(access: AccessRule): string {
  if (access.who === 'public') return access.unclaimed ? 'Everybody, also before the claim.' : 'Everybody.';
  const token = access.scope === null ? 'no token' : `a token of the scope ${access.scope}`;
  return `The role ${access.who}; ${token}.`;
}

function security(access: AccessRule): unknown[] {
  if (access.who === 'public') return [];
  return access.scope === null ? [{ session: [] }] : [{ session: [] }, { token: [access.scope] }];
}

function responseObject(status: number, response: ResponseDoc): unknown {
  const { description, contentType = 'application/json' } = response;
  const schema = answerSchema(response);
  if (schema) return { description, content: { [contentType]: { schema } } };
  return status < 400 ? { description } : { description, content: problemContent() };
}

function answerSchema({ shape, pageOf, contentType }: ResponseDoc): unknown {
  if (contentType !== undefined) return { type: 'string' };
  if (shape !== undefined) return { $ref: REF + shape };
  if (pageOf === undefined) return undefined;
  return {
    type: 'object',
    required: ['items'],
    properties: {
      items: { type: 'array', items: { $ref: REF + pageOf } },
      nextCursor: { type: 'string', description: 'Absent on the last page' },
    },
  };
}

function problemContent(): unknown {
  return { 'application/problem+json': { schema: { $ref: `${REF}Problem` } } };
}

function pathParameters(path: string): unknown[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(params: z.ZodObject | undefined): unknown[] {
  if (!params) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(params, { io: 'output' });
  return Object.entries(properties).map(([name, schema]) => {
    const optional = typeof schema === 'object' && ('default' in schema || !required.includes(name));
    return { name, in: 'query', required: !optional, schema };
  });
}

function withoutId(schema: object): unknown {
  const { $id: _id, $schema: _schema, ...rest } = schema as Record<string, unknown>;
  return rest;
}
