/** The OpenAPI document, made when somebody first asks for it. */
import { Hono } from 'hono';
import type { ApplianceStatus } from '../../model/status.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { openApiDocument } from '../http/openapi.ts';
import { operation } from '../http/operation.ts';

/** `app` is the whole of which the document tells. */
export function documentRoutes(app: Hono<Env>, status: () => ApplianceStatus) {
  let document: Promise<string> | undefined;

  async function make(): Promise<string> {
    const { answerSchemas } = await import('../shapes/all.ts');
    return JSON.stringify(await openApiDocument(app, status().version, answerSchemas()));
  }

  return new Hono<Env>().get(
    '/openapi.json',
    operation({
      name: 'getOpenApi',
      summary: 'This document',
      access: allow.viewer('read'),
      responses: { 200: { description: 'OpenAPI 3.1' } },
    }),
    async (c) => {
      document ??= make().catch((error: unknown) => {
        document = undefined;
        throw error;
      });
      return c.body(await document, 200, { 'content-type': 'application/json' });
    },
  );
}
