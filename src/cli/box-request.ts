/**
 * One request to the box. Behind TLS the box of this machine is known by its own certificate, as the file on its disk has
 * it, so that a token goes to nobody else; another box (--url) by an authority this system trusts.
 */
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { join } from 'node:path';
import type { LoadedConfig } from './verb.ts';

/** Longer than any answer takes: a whole quarantine may be written again meanwhile. */
const TIMEOUT_MS = 600_000;

export interface BoxRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly type: string; readonly text: string } | undefined;
  /** PEM; undefined for what the system trusts. */
  readonly certificate: string | undefined;
  /** How long the box may be silent. */
  readonly limitMs?: number | undefined;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
  /** Takes the text of a good answer as it comes, in place of the answer; the first piece, with nothing in it, when it begins. */
  readonly take?: ((piece: string) => void) | undefined;
}

/** Status and text of the answer; undefined when nobody answers. A body makes it a POST. */
export function requestBox(
  url: string,
  { headers, body, certificate, limitMs = TIMEOUT_MS, signal, take: takePiece }: BoxRequest,
): Promise<{ readonly status: number; readonly text: string } | undefined> {
  return new Promise((resolve) => {
    const options = {
      method: body ? 'POST' : 'GET',
      headers: body
        ? { ...headers, 'content-type': body.type, 'content-length': Buffer.byteLength(body.text) }
        : headers,
      timeout: limitMs,
      agent: false as const,
      ...(signal ? { signal } : {}),
    };
    const take = (response: IncomingMessage): void => {
      const status = response.statusCode ?? 0;
      const piece = status >= 200 && status < 300 ? takePiece : undefined;
      let text = '';
      piece?.('');
      response.setEncoding('utf8').on('data', (chunk: string) => {
        if (piece) piece(chunk);
        else text += chunk;
      });
      response.once('end', () => resolve({ status, text }));
      response.once('error', () => resolve(undefined));
    };
    // With the one certificate as the only authority, the name it was asked by says nothing more.
    const pinned = certificate && {
      ca: certificate,
      allowPartialTrustChain: true,
      checkServerIdentity: () => undefined,
    };
    const request = url.startsWith('https:')
      ? requestTls(url, { ...options, ...pinned }, take)
      : requestPlain(url, options, take);
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(undefined));
    request.end(body?.text);
  });
}

/** The certificate of this machine's box, undefined where there is none to read. */
export function ownCertificate({ http, store }: LoadedConfig['config']): string | undefined {
  try {
    const pem = readFileSync(http.certFile ?? join(store.dir, 'tls.pem'), 'utf8');
    // The first is the box's own; its key may lie beside it.
    return /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(pem)?.[0];
  } catch {
    return undefined;
  }
}
