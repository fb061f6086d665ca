/**
 * One operation of the API: its name, who may call it, what it gives. Stands first among the handlers of a route; it lets in
 * whom the rule lets in, and is what the OpenAPI document and the table in the tests are made from.
 */
import type { MiddlewareHandler } from 'hono';
import { describeRoute } from 'hono-openapi';
import type { Env } from './env.ts';
import { describe, type Operation } from './openapi.ts';

const operations = new WeakMap<object, Operation>();

export function operation(spec: Operation): MiddlewareHandler<Env> {
  const enforce: MiddlewareHandler<Env> = async (c, next) => {
    c.set('operation', spec);
    c.var.authorize(spec.access);
    c.set('rule', spec.access);
    await next();
  };
  operations.set(enforce, spec);
  return Object.assign(enforce, describeRoute(describe(spec)));
}

/** The operation a handler stands for, if it is one. */
export function operationOf(handler: object): Operation | undefined {
  return operations.get(handler);
}
