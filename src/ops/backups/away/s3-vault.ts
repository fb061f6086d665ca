/**
 * A bucket that speaks S3 as the place of copies. Large objects go in parts; parts that are there from an attempt before are
 * not sent again. Every request is signed, has a limit in time, and its answer one in bytes.
 */
import { createHash } from 'node:crypto';
import { closeSync, createWriteStream, openSync, readSync } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AwsClient } from 'aws4fetch';
import { errorText } from '../../../model/error-text.ts';
import { type SaidKey, tell } from '../../../model/said.ts';
import { cut } from '../../../model/text.ts';
import { AwayProblem, awayProblem, type SealedFile, type Vault } from './vault.ts';

const PART_BYTES = 8 * 1024 ** 2;
const LIMIT_MS = 120_000;
/** Added for what is sent or fetched: 32 kbit/s, the line of a site that has hardly one. A line that stands still ends before. */
const SLOWEST_BYTES_A_MS = 4;
const MAX_ANSWER = 4 * 1024 ** 2;
const MAX_PAGES = 100;

export interface S3Options {
  /** https://host/bucket/prefix */
  readonly url: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Of a request beside what its bytes may take; shorter in tests. */
  readonly limitMs?: number;
}

interface S3Context {
  readonly aws: AwsClient;
  readonly bucket: string;
  readonly prefix: string;
  readonly name: string;
  readonly limitMs: number;
}

export function openS3Vault({ url, region, accessKey, secretKey, limitMs = LIMIT_MS }: S3Options): Vault {
  const { origin, pathname } = new URL(url);
  // Names as they are meant: they are coded again for each request.
  const [bucket = '', ...rest] = pathname.split('/').filter(Boolean).map(decoded);
  const aws = new AwsClient({
    accessKeyId: accessKey,
    secretAccessKey: secretKey,
    service: 's3',
    region,
    retries: 2,
  });
  const prefix = rest.length === 0 ? '' : `${rest.join('/')}/`;
  const name = `${origin}/${bucket}`;
  const context: S3Context = {
    aws,
    bucket: `${origin}/${encodeURIComponent(bucket)}`,
    prefix,
    name,
    limitMs,
  };
  return {
    name: context.name,
    put: (key, file) =>
      file.size > PART_BYTES ? putInParts(context, key, file) : putWhole(context, key, file),
    look: (key) => look(context, key),
    read: (key, from, to) => read(context, key, from, to),
    fetch: (key, to, maxBytes) => fetchWhole(context, key, to, maxBytes),
    list: (prefixOf) => list(context, prefixOf),
    async remove(key) {
      await ask(context, 'DELETE', key, {}, [200, 204, 404]);
    },
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

interface Sent {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Of the answer, where they are many. */
  readonly answerBytes?: number;
}

/** One request. An answer that is not among `wanted` is a problem in words. */
async function ask(
  { aws, bucket, prefix, name, limitMs }: S3Context,
  method: string,
  key: string,
  { query = {}, headers = {}, body, answerBytes = 0 }: Sent,
  wanted: readonly number[],
): Promise<Response> {
  const path = key === '' ? '' : `/${`${prefix}${key}`.split('/').map(encodeURIComponent).join('/')}`;
  const search = new URLSearchParams(query).toString();
  const hash = createHash('sha256')
    .update(body ?? '')
    .digest('hex');
  const bytes = (body?.length ?? 0) + answerBytes;
  let response: Response;
  try {
    response = await aws.fetch(`${bucket}${path}${search === '' ? '' : `?${search}`}`, {
      method,
      headers: { ...headers, 'x-amz-content-sha256': hash },
      // Elsewhere the signature is worth nothing, and a login page answers everything with 200.
      redirect: 'manual',
      signal: AbortSignal.timeout(limitMs + Math.ceil(bytes / SLOWEST_BYTES_A_MS)),
      ...(body ? { body: Buffer.from(body) } : {}),
    });
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw awayProblem(
      tell(isTrusted(error) ? 'copy.unreachable' : 'copy.tls', { place: name, error: cause }),
    );
  }
  if (wanted.includes(response.status)) return response;
  throw refused({ place: name, method, isBucket: key === '' }, response, await textOf(response));
}

function isTrusted(error: unknown): boolean {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
  const code = cause && 'code' in cause ? String(cause.code) : '';
  return !/CERT|SELF_SIGNED|^UNABLE_TO_/.test(code);
}

interface Asked {
  readonly place: string;
  readonly method: string;
  /** Itself, not an object in it. */
  readonly isBucket?: boolean;
}

function refused(
  { place, method, isBucket = false }: Asked,
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  text: string,
): AwayProblem {
  const code = /<Code>(\w{1,60})<\/Code>/.exec(text)?.[1] ?? '';
  const answer = `${status}${code === '' ? '' : ` ${code}`}`;
  const region = headers.get('x-amz-bucket-region') ?? /<Region>([\w-]{1,40})<\/Region>/.exec(text)?.[1];
  const location = headers.get('location');
  const values = { place, method, answer };
  if (region && (status === 400 || (status >= 300 && status < 400)))
    return awayProblem(tell('copy.answers', { ...values, region: cut(region, 40) }, 'copy.region.todo'));
  if (location && status >= 300 && status < 400)
    return awayProblem(tell('copy.answers', { ...values, location: cut(location, 200) }, 'copy.moved.todo'));
  return awayProblem(tell('copy.answers', values, adviceFor(status, code, isBucket)));
}

function adviceFor(status: number, code: string, isBucket: boolean): SaidKey {
  if (code === 'RequestTimeTooSkewed') return 'copy.clock.todo';
  if (status === 401 || status === 403) return 'copy.rights.todo';
  // An address with the bucket in the name of the host makes an object of the prefix.
  if (code === 'NoSuchBucket' || (status === 404 && (code === '' || (isBucket && code === 'NoSuchKey'))))
    return 'copy.bucket.todo';
  return 'copy.answers.todo';
}

/** At most so much of an answer. */
async function textOf(response: Response): Promise<string> {
  if (!response.body) return '';
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0])) {
    bytes += (piece as Buffer).length;
    if (bytes > MAX_ANSWER) throw awayProblem(tell('copy.long', {}, 'copy.server.todo'));
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces).toString();
}

async function putWhole(context: S3Context, key: string, { path, size, sha256 }: SealedFile): Promise<void> {
  const body = partOf(path, 0, size);
  const headers = { 'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64') };
  await ask(context, 'PUT', key, { headers, body }, [200]);
}

/** Goes on with an upload of this object that was begun before, where the server still has it and tells. */
async function putInParts(context: S3Context, key: string, file: SealedFile): Promise<void> {
  const begun = await begunUpload(context, key);
  const uploadId = begun.id ?? (await beginUpload(context, key));
  try {
    await putParts(context, key, uploadId, file);
  } catch (error) {
    // Nobody would find its parts again, and they would be paid for.
    if (!begun.isTold)
      await ask(context, 'DELETE', key, { query: { uploadId } }, [204]).catch(() => undefined);
    throw error;
  }
}

async function putParts(
  context: S3Context,
  key: string,
  uploadId: string,
  { path, size }: SealedFile,
): Promise<void> {
  const there = await partsThere(context, key, uploadId);
  const parts: { number: number; tag: string }[] = [];
  for (let number = 1, at = 0; at < size; number += 1, at += PART_BYTES) {
    const body = partOf(path, at, Math.min(PART_BYTES, size - at));
    const md5 = createHash('md5').update(body).digest('hex');
    const before = there.get(number);
    const tag = before?.includes(md5) ? before : await putPart(context, key, uploadId, number, body);
    parts.push({ number, tag });
  }
  const xml = parts
    .map(({ number, tag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${tag}</ETag></Part>`)
    .join('');
  const body = Buffer.from(`<CompleteMultipartUpload>${xml}</CompleteMultipartUpload>`);
  const answer = await ask(context, 'POST', key, { query: { uploadId }, body }, [200]);
  const done = await textOf(answer);
  // It may answer 200 and then say that it failed.
  if (done.includes('<Error>')) throw refused({ place: context.name, method: 'POST' }, answer, done);
}

async function putPart(context: S3Context, key: string, uploadId: string, number: number, body: Uint8Array) {
  // A bucket with a lock on its objects takes none without a sum.
  const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
  const query = { partNumber: String(number), uploadId };
  const answer = await ask(context, 'PUT', key, { query, headers, body }, [200]);
  return answer.headers.get('etag') ?? '';
}

interface Begun {
  readonly id?: string | undefined;
  /** Whether the server tells what was begun: some keep no such list, and some keys may not read it. */
  readonly isTold: boolean;
}

async function begunUpload(context: S3Context, key: string): Promise<Begun> {
  const whole = `${context.prefix}${key}`;
  const query = { uploads: '', prefix: whole };
  const answer = await ask(context, 'GET', '', { query }, [200, 403, 405, 501]);
  const text = await textOf(answer);
  if (answer.status !== 200) return { isTold: false };
  const upload = valuesIn(text, 'Upload').find((each) => valueIn(each, 'Key') === whole);
  return { isTold: true, id: upload && valueIn(upload, 'UploadId') };
}

async function beginUpload(context: S3Context, key: string): Promise<string> {
  const text = await textOf(await ask(context, 'POST', key, { query: { uploads: '' } }, [200]));
  const id = valueIn(text, 'UploadId');
  if (id === undefined) throw awayProblem(tell('copy.noParts', { place: context.name }, 'copy.server.todo'));
  return id;
}

async function partsThere(context: S3Context, key: string, uploadId: string): Promise<Map<number, string>> {
  const text = await textOf(await ask(context, 'GET', key, { query: { uploadId } }, [200, 403, 404, 501]));
  return new Map(
    valuesIn(text, 'Part').map((part) => [Number(valueIn(part, 'PartNumber')), valueIn(part, 'ETag') ?? '']),
  );
}

async function look(context: S3Context, key: string) {
  const answer = await ask(
    context,
    'HEAD',
    key,
    { headers: { 'x-amz-checksum-mode': 'ENABLED' } },
    [200, 404],
  );
  if (answer.status === 404) return undefined;
  const sum = answer.headers.get('x-amz-checksum-sha256');
  return {
    size: Number(answer.headers.get('content-length') ?? -1),
    // That of an upload in parts is one of sums, and ends so.
    ...(sum && !sum.includes('-') ? { sha256: Buffer.from(sum, 'base64').toString('hex') } : {}),
  };
}

async function read(context: S3Context, key: string, from: number, to: number): Promise<Uint8Array> {
  const range = { headers: { range: `bytes=${from}-${to}` }, answerBytes: to - from + 1 };
  const answer = await ask(context, 'GET', key, range, [206, 200]);
  const reader = answer.body?.getReader();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const next = await reader?.read();
    if (!next || next.done) break;
    pieces.push(next.value);
    bytes += next.value.length;
    if (bytes > to - from + 1) break;
  }
  await reader?.cancel();
  return Buffer.concat(pieces);
}

async function fetchWhole(context: S3Context, key: string, to: string, maxBytes: number): Promise<void> {
  const answer = await ask(context, 'GET', key, { answerBytes: maxBytes }, [200]);
  if (!answer.body) throw new AwayProblem(`${key} came empty`, 'try again');
  let bytes = 0;
  const bound = new Transform({
    transform(piece: Buffer, _encoding, done) {
      bytes += piece.length;
      if (bytes > maxBytes)
        done(new AwayProblem(`${key} is larger than it was when it was sent`, 'it is not used'));
      else done(null, piece);
    },
  });
  const source = Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]);
  await pipeline(source, bound, createWriteStream(to, { mode: 0o600 })).catch((error: unknown) => {
    // The disk says by itself what is wrong with it.
    if (error instanceof AwayProblem || (error instanceof Error && 'path' in error)) throw error;
    throw new AwayProblem(
      `${context.name} broke off after ${bytes} bytes of ${key}: ${errorText(error)}`,
      'try again where the line is better; what was fetched of it is thrown away',
    );
  });
}

async function list(context: S3Context, prefixOf: string): Promise<string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query = {
      'list-type': '2',
      prefix: `${context.prefix}${prefixOf}`,
      ...(token ? { 'continuation-token': token } : {}),
    };
    const text = await textOf(await ask(context, 'GET', '', { query }, [200]));
    for (const found of valuesIn(text, 'Contents')) {
      const key = valueIn(found, 'Key') ?? '';
      if (key.startsWith(context.prefix)) keys.push(key.slice(context.prefix.length));
    }
    token = valueIn(text, 'NextContinuationToken');
    if (token === undefined) return keys;
  }
  throw awayProblem(tell('copy.many'));
}

function valueIn(xml: string, tag: string): string | undefined {
  return valuesIn(xml, tag, 1)[0]
    ?.replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

/** In one pass: a pattern would look from every beginning that has no end to the end of the text. */
export function valuesIn(xml: string, tag: string, most = Number.POSITIVE_INFINITY): string[] {
  const [begin, end] = [`<${tag}>`, `</${tag}>`];
  const found: string[] = [];
  let at = 0;
  while (found.length < most) {
    const from = xml.indexOf(begin, at);
    const to = from < 0 ? -1 : xml.indexOf(end, from);
    if (to < 0) return found;
    found.push(xml.slice(from + begin.length, to));
    at = to + end.length;
  }
  return found;
}

function partOf(path: string, at: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  const fd = openSync(path, 'r');
  try {
    let read = 0;
    while (read < bytes) {
      const more = readSync(fd, buffer, read, bytes - read, at + read);
      if (more === 0) throw new Error(`${path} became shorter`);
      read += more;
    }
    return buffer;
  } finally {
    closeSync(fd);
  }
}
