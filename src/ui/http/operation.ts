/**
 * One operation of the API: where it is, who may call it, what it takes and gives (for checking and for the OpenAPI
 * document), and the function that answers.
 */
import type * as z from 'zod';
import type { AccessRule, Caller } from '../access/access-rule.ts';
import { type Answer, type InputError, problem, type Query } from './problem.ts';

/** What anybody may send, before it is known who that is. */
const MAX_PUBLIC_BODY = 4 * 1024;
const MAX_BODY = 1024 * 1024;
const MAX_DETAIL = 300;

/** A response of an operation, for the document only. */
export interface ResponseDoc {
  readonly description: string;
  /** Name of the answer's shape in schemas.ts, or of the items of a page of them. */
  readonly shape?: string;
  readonly pageOf?: string;
  /** 'application/json' unless given. */
  readonly contentType?: string;
}

/** A body taken as text. */
export interface TextBody {
  readonly description: string;
  readonly types: readonly string[];
}

/** What an operation's function is given: checked input. */
export interface Input<P, B> {
  readonly path: Readonly<Record<string, string>>;
  readonly params: P;
  readonly body: B;
  readonly query: Query;
  readonly caller: Caller;
}

interface RouteSpec<P, B> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** '/api/v1/devices/{devEui}' */
  readonly path: string;
  /** Unique, camelCase: becomes the operationId. */
  readonly name: string;
  readonly summary: string;
  /** Who may call it; there is no default. */
  readonly access: AccessRule;
  readonly params?: z.ZodObject & z.ZodType<P>;
  readonly body?: z.ZodType<B>;
  /** A body that is not JSON, for the document; the function reads it itself. */
  readonly takes?: TextBody;
  readonly responses: Readonly<Record<number, ResponseDoc>>;
  readonly handle: (input: Input<P, B>) => Answer | Promise<Answer>;
}

export interface Route {
  readonly method: string;
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly access: AccessRule;
  readonly params: z.ZodObject | undefined;
  readonly body: z.ZodType | undefined;
  readonly takes?: TextBody;
  readonly responses: Readonly<Record<number, ResponseDoc>>;
  /** Checks the input and answers; bad input gives a problem. */
  readonly answer: (query: Query, path: Readonly<Record<string, string>>, caller: Caller) => Promise<Answer>;
}

export function defineRoute<P = undefined, B = undefined>(spec: RouteSpec<P, B>): Route {
  const { handle, params, body, ...rest } = spec;
  return {
    ...rest,
    params,
    body,
    async answer(query, path, caller) {
      const checkedParams = params?.safeParse(Object.fromEntries(query.search));
      if (checkedParams && !checkedParams.success) return invalidQuery(checkedParams.error);
      const json = body ? await readJson(query, spec.access) : undefined;
      if (json && 'refused' in json) return json.refused;
      const checkedBody = body?.safeParse(json?.value);
      if (checkedBody && !checkedBody.success) return invalidBody(bodyErrors(checkedBody.error));
      return handle({ path, query, caller, params: checkedParams?.data as P, body: checkedBody?.data as B });
    },
  };
}

async function readJson(query: Query, access: AccessRule): Promise<{ value: unknown } | { refused: Answer }> {
  if (!/^application\/json\b/i.test(query.headers['content-type'] ?? '')) {
    return {
      refused: problem({
        code: 'media-type',
        title: 'Unsupported media type',
        status: 415,
        detail: 'Send the body as application/json.',
      }),
    };
  }
  const bytes = await query.body(access.who === 'public' ? MAX_PUBLIC_BODY : MAX_BODY);
  if (bytes === 'busy') return { refused: busy() };
  if (bytes === 'tooLarge') {
    return {
      refused: problem({
        code: 'body-too-large',
        title: 'Body too large',
        status: 413,
        detail: `A body may have ${access.who === 'public' ? '4 kB here' : '1 MB'}.`,
        headers: { connection: 'close' },
      }),
    };
  }
  try {
    return { value: JSON.parse(bytes.toString('utf8')) };
  } catch {
    return {
      refused: problem({
        code: 'malformed-json',
        title: 'Malformed JSON',
        status: 400,
        detail: 'The body is not valid JSON.',
      }),
    };
  }
}

/** The answer while the bodies of others take all the memory there is for them. */
export function busy(): Answer {
  return problem({
    code: 'busy',
    title: 'Too much at once',
    status: 503,
    detail: 'Others are sending too much at the moment. Try again in a few seconds.',
    headers: { 'retry-after': '5', connection: 'close' },
  });
}

/** The answer to a body that is JSON but not what was asked for. */
export function invalidBody(errors: readonly InputError[]): Answer {
  return problem({
    code: 'invalid-body',
    title: 'The body has mistakes',
    status: 422,
    detail: 'See errors for each place.',
    errors,
  });
}

function bodyErrors(error: z.ZodError): InputError[] {
  return error.issues.slice(0, 20).map((issue) => ({
    pointer: pointer(issue.path),
    detail: brief(issue.message),
  }));
}

/** The answer to a query string that is not understood. */
export function invalidQuery(error: z.ZodError | readonly InputError[]): Answer {
  const errors =
    'issues' in error
      ? error.issues
          .slice(0, 20)
          .map((issue) => ({ parameter: brief(String(issue.path[0] ?? '')), detail: brief(issue.message) }))
      : error;
  return problem({
    code: 'invalid-query',
    title: 'A query parameter is wrong',
    status: 400,
    detail: 'See errors for each parameter.',
    errors,
  });
}

/** A message may repeat what was sent. */
function brief(message: string): string {
  return message.length <= MAX_DETAIL ? message : `${message.slice(0, MAX_DETAIL)}…`;
}

/** RFC 6901: ['a/b', 0] -> '/a~1b/0'. */
function pointer(path: readonly PropertyKey[]): string {
  return brief(path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''));
}
