/** The OpenAPI document, made when somebody first asks for it. */
import { Hono } from 'hono';
import type { ApplianceStatus } from '../../model/status.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { openApiDocument } from '../http/openapi.ts';
import { operation } from '../http/operation.ts';

/** `app` is the whole of which the document tells. */
export function documentRoutes(app: Hono<Env>, status: () => ApplianceStatus) {
  let document: Promise<object> | undefined;

  async function make(): Promise<object> {
    const { answerSchemas } = await import('../shapes/all.ts');
    return openApiDocument(app, status().version, answerSchemas());
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
      return c.json(await document);
    },
  );
}
