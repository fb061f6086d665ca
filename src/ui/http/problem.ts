/** Every refusal of the web server: an exception that is answered as a problem document (RFC 9457). */
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { InputCode, ProblemCode, ProblemValues } from '../../model/problem-codes.ts';
import type { Said } from '../../model/said.ts';

/** One thing that is wrong with the input: `pointer` (RFC 6901) into the body, or the name of a query parameter. */
export interface InputError {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly detail: string;
  /** Under which the pages have words, with what fills them. */
  readonly code: InputCode;
  readonly values?: ProblemValues;
  /** The detail piece by piece, where it has keys of its own. */
  readonly said?: readonly Said[];
}

export interface ProblemDetails {
  /** Last part of the problem's stable name, `urn:webscada-edge:problem:<code>`; it never changes once published. */
  readonly code: ProblemCode;
  readonly title: string;
  readonly status: ContentfulStatusCode;
  /** What is wrong here and what to do about it. */
  readonly detail: string;
  /** What fills the words of the pages for `code`. */
  readonly values?: ProblemValues;
  /** The detail piece by piece, where it has keys of its own. */
  readonly said?: readonly Said[];
  /** Or what is in the way, by its name. */
  readonly errors?: readonly (InputError | { readonly detail: string; readonly code?: undefined })[];
  /** Members of its own (RFC 9457, extension members). */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Problem extends HTTPException {
  readonly details: ProblemDetails;

  constructor(details: ProblemDetails) {
    super(details.status, { message: `${details.code}: ${details.detail}` });
    this.details = details;
  }

  /** The problem document. */
  text(): string {
    const { code, headers: _, members, ...rest } = this.details;
    return JSON.stringify({ type: `urn:webscada-edge:problem:${code}`, ...rest, ...members });
  }

  headers(): Record<string, string> {
    const { headers } = this.details;
    return { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers };
  }

  override getResponse(): Response {
    return new Response(this.text(), { status: this.details.status, headers: this.headers() });
  }
}

export function notFound(): Problem {
  return new Problem({
    code: 'not-found',
    title: 'Nothing here',
    status: 404,
    detail: 'No such path. /api/v1/openapi.json lists them all.',
  });
}
