/** What the pages make of answers that are not the box's: of a reverse proxy, or of who wants a login first. */
import { hc } from 'hono/client';
import { expect, test } from 'vitest';
import type { App } from '../../../src/ui/routes/app.ts';
import { ask, tell } from '../../../src/ui/web/call.ts';

/** As nginx 1.22 and Apache 2.4 write it. */
const PAGE =
  '<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n</body>\r\n</html>\r\n';

test.each([
  ['a page of nginx', 502, PAGE, 'between'],
  ['a page of HAProxy', 504, '<html><body><h1>504 Gateway Time-out</h1>\n</body></html>\n', 'between'],
  ['one that says it is too large', 413, PAGE, 'between-too-large'],
  ['nothing at all, as Caddy says it', 502, '', 'between'],
  ['JSON of somebody else', 403, '{"message":"no"}', 'between'],
  ['JSON that is no object', 500, 'null', 'between'],
  ['a problem of somebody else', 403, '{"type":"about:blank","detail":"no"}', 'between'],
])('%s is not taken for silence of the box', async (_, status, body, code) => {
  const refusal = await tell(Promise.resolve(new Response(body, { status })));
  expect(refusal).toEqual({ code, detail: '', values: { status: String(status) } });
});

test('a problem of the box is its own, also one that is too large', async () => {
  const body = '{"type":"urn:webscada-edge:problem:body-too-large","detail":"A body may have 8 MB here."}';
  const refusal = await tell(Promise.resolve(new Response(body, { status: 413 })));
  expect(refusal).toEqual({ code: 'body-too-large', detail: 'A body may have 8 MB here.' });
});

test('no answer is none', async () => {
  expect(await tell(Promise.reject(new TypeError('Failed to fetch')))).toEqual({
    code: 'unreachable',
    detail: '',
  });
});

test('a page in place of what was asked for is of somebody who wants a login of their own perhaps', async () => {
  const box = hc<App>('http://box.example', { fetch: async () => new Response('<html>Log in</html>') });
  const { refusal } = await ask(box.api.v1.access.$get());
  expect(refusal).toEqual({ code: 'between', detail: '', values: { status: '200' } });
});
