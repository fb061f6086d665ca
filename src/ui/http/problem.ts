/**
 * What a route is given and what it gives back, without sockets: the API can be asked in a test by a plain call.
 * Every error is a problem document (RFC 9457).
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Client } from '../access/client.ts';
import type { Body } from './body.ts';

export interface Query {
  readonly method: string;
  /** Decoded path, without the query string. */
  readonly path: string;
  readonly search: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly client: Client;
  /** The whole body; `tooLarge` once it passes the limit, 1 MB unless given. */
  readonly body: (maxBytes?: number) => Promise<Body>;
}

/** An answer whose body is known. */
export interface Document {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** An answer that goes on: `open` takes the connection over. */
export interface Stream {
  readonly open: (request: IncomingMessage, response: ServerResponse) => void;
}

export type Answer = Document | Stream;

/** One thing that is wrong with the input: `pointer` (RFC 6901) into the body, or the name of a query parameter. */
export interface InputError {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly detail: string;
}

export interface ProblemDetails {
  /** Last part of the problem's stable name, `urn:webscada-edge:problem:<code>`. */
  readonly code: string;
  readonly title: string;
  readonly status: number;
  /** What is wrong here and what to do about it. */
  readonly detail: string;
  readonly instance?: string;
  readonly errors?: readonly InputError[];
  readonly headers?: Readonly<Record<string, string>>;
}

const NO_STORE = { 'cache-control': 'no-store' };

export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Document {
  return {
    status,
    headers: { 'content-type': 'application/json', ...NO_STORE, ...headers },
    body: JSON.stringify(value),
  };
}

export function noContent(): Document {
  return { status: 204, headers: NO_STORE, body: '' };
}

/** An error answer; `code` never changes once published, the words may. */
export function problem(details: ProblemDetails): Document {
  const { code, headers, ...rest } = details;
  return {
    status: details.status,
    headers: { 'content-type': 'application/problem+json', ...NO_STORE, ...headers },
    body: JSON.stringify({ type: `urn:webscada-edge:problem:${code}`, ...rest }),
  };
}
