/**
 * A stand-in for a bucket that speaks S3: signatures checked by a second hand (AWS Signature Version 4, from its
 * documentation), objects in memory, uploads in parts; and the ways in which such a server lies or breaks off.
 */
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface S3Fake {
  readonly url: string;
  readonly objects: Map<string, Buffer>;
  /** 'METHOD key', in order. */
  readonly asked: string[];
  /** What becomes of an object that is put; as it is unless said. */
  lie: (bytes: Buffer, key: string) => Buffer | undefined;
  /** Answers with this (a status, with what a server says by it) before anything is done; 0 for none. */
  refuse: (method: string, key: string, query: URLSearchParams) => number | S3Refusal;
  /** Milliseconds between the four pieces in which an object is given; 0 for at once. */
  pauseMs: number;
  /** Ends such an answer behind its first piece. */
  breaks: boolean;
  close(): Promise<void>;
}

export interface S3Refusal {
  readonly status: number;
  readonly text?: string;
  readonly headers?: Record<string, string>;
}

export const S3_KEYS = {
  accessKey: 'AKIDEXAMPLE',
  secretKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'eu-x',
};

/** What a test says of it. */
type S3Told = Omit<S3Fake, 'url' | 'close'>;

interface Upload {
  readonly key: string;
  readonly parts: Map<number, Buffer>;
}

export async function startS3(): Promise<S3Fake> {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, Upload>();
  const asked: string[] = [];
  const fake: S3Told = { objects, asked, lie: (bytes) => bytes, refuse: () => 0, pauseMs: 0, breaks: false };
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => answer(fake, uploads, request, Buffer.concat(pieces), response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(fake, {
    url: `http://127.0.0.1:${port}/backups/sites`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}

function answer(
  fake: S3Told,
  uploads: Map<string, Upload>,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const url = new URL(request.url ?? '', 'http://x');
  const key = decodeURIComponent(url.pathname.replace(/^\/backups\/?/, ''));
  const method = request.method ?? '';
  fake.asked.push(`${method} ${key}${url.search}`);
  const say = (status: number, text: string | Buffer = '', headers: Record<string, string> = {}) => {
    response.writeHead(status, { 'content-length': Buffer.byteLength(text), ...headers });
    response.end(method === 'HEAD' ? undefined : text);
  };
  if (!isSigned(request, url, body)) return say(403, '<Error><Code>SignatureDoesNotMatch</Code></Error>');
  const refusal = fake.refuse(method, key, url.searchParams);
  if (typeof refusal !== 'number') return say(refusal.status, refusal.text, refusal.headers);
  if (refusal > 0) return say(refusal, '<Error><Code>Scripted</Code></Error>');
  if (key === '') return say(200, listing(fake, uploads, url));
  if (url.searchParams.has('uploads') || url.searchParams.has('uploadId'))
    return inParts(fake, uploads, { method, key, query: url.searchParams, body, say });
  const object = fake.objects.get(key);
  if (method === 'PUT') {
    const sum = request.headers['x-amz-checksum-sha256'];
    if (sum !== undefined && sum !== createHash('sha256').update(body).digest('base64'))
      return say(400, '<Error><Code>BadDigest</Code></Error>');
    store(fake, key, body);
    return say(200);
  }
  if (method === 'DELETE') {
    fake.objects.delete(key);
    return say(204);
  }
  if (!object) return say(404, '<Error><Code>NoSuchKey</Code></Error>');
  if (method === 'HEAD') return say(200, object);
  if (fake.pauseMs > 0) return void trickle(object, response, fake);
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  return range ? say(206, object.subarray(Number(range[1]), Number(range[2]) + 1)) : say(200, object);
}

async function trickle(object: Buffer, response: ServerResponse, { pauseMs, breaks }: S3Told): Promise<void> {
  response.writeHead(200, { 'content-length': object.length });
  const size = Math.ceil(object.length / 4);
  for (let at = 0; at < object.length; at += size) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    response.write(object.subarray(at, at + size));
    if (breaks) return void response.socket?.end();
  }
  response.end();
}

function store(fake: S3Told, key: string, bytes: Buffer): void {
  const kept = fake.lie(bytes, key);
  if (kept) fake.objects.set(key, kept);
}

function listing(fake: S3Told, uploads: Map<string, Upload>, { searchParams }: URL): string {
  const prefix = searchParams.get('prefix') ?? '';
  if (searchParams.has('uploads')) {
    const begun = [...uploads].filter(([, { key }]) => key.startsWith(prefix));
    return begun
      .map(([id, { key }]) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`)
      .join('');
  }
  // Two a page, so that pages are read on.
  const keys = [...fake.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  const at = Number(searchParams.get('continuation-token') ?? 0);
  const page = keys
    .slice(at, at + 2)
    .map((key) => `<Contents><Key>${key}</Key></Contents>`)
    .join('');
  return at + 2 < keys.length ? `${page}<NextContinuationToken>${at + 2}</NextContinuationToken>` : page;
}

interface PartRequest {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly say: (status: number, text?: string, headers?: Record<string, string>) => void;
}

function inParts(
  fake: S3Told,
  uploads: Map<string, Upload>,
  { method, key, query, body, say }: PartRequest,
): void {
  const id = query.get('uploadId') ?? '';
  if (query.has('uploads')) {
    const fresh = `upload-${uploads.size + 1}`;
    uploads.set(fresh, { key, parts: new Map() });
    return say(200, `<UploadId>${fresh}</UploadId>`);
  }
  const upload = uploads.get(id);
  if (!upload) return say(404, '<Error><Code>NoSuchUpload</Code></Error>');
  if (method === 'DELETE') {
    uploads.delete(id);
    return say(204);
  }
  const tag = (bytes: Buffer) => `"${createHash('md5').update(bytes).digest('hex')}"`;
  if (method === 'PUT') {
    upload.parts.set(Number(query.get('partNumber')), body);
    return say(200, '', { etag: tag(body) });
  }
  const parts = [...upload.parts].sort(([a], [b]) => a - b);
  if (method === 'GET')
    return say(
      200,
      parts
        .map(([number, bytes]) => `<Part><PartNumber>${number}</PartNumber><ETag>${tag(bytes)}</ETag></Part>`)
        .join('')
        .replaceAll('"', '&quot;'),
    );
  store(fake, key, Buffer.concat(parts.map(([, bytes]) => bytes)));
  uploads.delete(id);
  return say(200, '<CompleteMultipartUploadResult/>');
}

function isSigned(request: IncomingMessage, url: URL, body: Buffer): boolean {
  const { headers } = request;
  const match =
    /Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})/.exec(
      headers.authorization ?? '',
    );
  const hash = createHash('sha256').update(body).digest('hex');
  if (!match || headers['x-amz-content-sha256'] !== hash) return false;
  const [, id, date = '', region = '', names = '', signature] = match;
  const query = [...url.searchParams]
    .map(([name, value]) => [name, value].map((text) => encoded(text)).join('='))
    .sort()
    .join('&');
  const signed = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [request.method, url.pathname, query, signed.join(''), names, hash].join('\n');
  const scope = `${date}/${region}/s3/aws4_request`;
  const toSign = [
    'AWS4-HMAC-SHA256',
    headers['x-amz-date'],
    scope,
    createHash('sha256').update(canonical).digest('hex'),
  ];
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const key = [region, 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${S3_KEYS.secretKey}`, date));
  return id === S3_KEYS.accessKey && hmac(key, toSign.join('\n')).toString('hex') === signature;
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
