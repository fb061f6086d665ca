/** The gate of a new version: what is well, for how long, and who cannot say; by the verb, at a server that answers as a box does. */
import { createServer, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import type { AlarmPriority } from '../../src/model/alarm.ts';
import type { AlarmSummary } from '../../src/model/alarm-service.ts';
import { type Look, lookAtAlarms, watchGate } from '../../src/ops/gate.ts';
import { createMetrics } from '../../src/ops/metrics.ts';
import { freePort } from '../support/process.ts';
import { createUiSite } from '../support/ui-site.ts';
import { createTestWorld } from '../support/world.ts';

const WELL: Look = { is: 'well', words: 'ready' };
const SICK: Look = { is: 'unwell', words: 'full' };
const NOBODY: Look = { is: 'unknown', words: 'no token' };

/** A box whose looks are played, one every five seconds; the last goes on. */
async function watch(looks: readonly Look[], { limitMs = 60_000, holdMs = 20_000 } = {}) {
  const world = createTestWorld();
  const said: string[] = [];
  let at = 0;
  const found = await watchGate({
    clock: world.clock,
    pause: async (ms) => world.advance(ms),
    look: async () => looks[Math.min(at++, looks.length - 1)] ?? SICK,
    tell: (words) => said.push(words),
    limitMs,
    holdMs,
  });
  return { found, said, tookMs: world.clock.monotonicMs() };
}

describe('the gate', () => {
  test('opens when the box has been well without a break, and says only what changes', async () => {
    expect(await watch([SICK, SICK, WELL])).toEqual({
      found: WELL,
      said: ['full', 'ready'],
      tookMs: 30_000,
    });
  });

  test('begins to count anew after a break', async () => {
    const { found, tookMs } = await watch([WELL, WELL, SICK, WELL]);
    expect({ found, tookMs }).toEqual({ found: WELL, tookMs: 35_000 });
  });

  test('fails where it is not well in time, or not for long enough', async () => {
    expect(await watch([SICK])).toMatchObject({ found: SICK, tookMs: 60_000 });
    const flapping = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? WELL : SICK));
    expect((await watch(flapping)).found).toEqual({
      is: 'unwell',
      words: 'it was not well for long enough',
    });
  });

  test('does not wait where waiting tells nothing', async () => {
    expect(await watch([NOBODY, WELL])).toMatchObject({ found: NOBODY, tookMs: 0 });
  });
});

/** /metrics of a site with so many alarms. */
async function figuresWith(
  count: number,
  state: keyof AlarmSummary['counts'] = 'active',
  priority: AlarmPriority = 'high',
): Promise<string> {
  const none = { critical: 0, high: 0, medium: 0, low: 0 };
  const counts = { active: none, acknowledged: none, cleared: none, latched: none };
  const summary: AlarmSummary = {
    ...{ revision: 1, shelved: 0, suppressed: 0, outOfService: 0, inTenMinutes: 0, isFlood: false },
    ...{ ruleProblems: 0, counts: { ...counts, [state]: { ...none, [priority]: count } } },
  };
  const { deps } = createUiSite(createTestWorld());
  return (await createMetrics({ ...deps, alarms: { summary: () => summary } })()).body;
}

describe('alarms in /metrics', () => {
  test.each<[string, number, keyof AlarmSummary['counts'], AlarmPriority, Look['is']]>([
    ['none', 0, 'active', 'critical', 'well'],
    ['as many as are allowed', 2, 'active', 'high', 'well'],
    ['one more', 3, 'active', 'high', 'unwell'],
    ['critical ones', 3, 'active', 'critical', 'unwell'],
    ['those somebody has seen', 9, 'acknowledged', 'critical', 'well'],
    ['what is not urgent', 9, 'active', 'medium', 'well'],
  ])('%s', async (_, count, state, priority, is) => {
    expect(lookAtAlarms(await figuresWith(count, state, priority), 2).is).toBe(is);
  });

  test('that are not there are no zero', () => {
    expect(lookAtAlarms('webscada_edge_info{version="1"} 1\n', 0).is).toBe('unwell');
  });
});

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

type Answer = (response: ServerResponse) => void;
const problem =
  (status: number, code: string): Answer =>
  (response) => {
    response.statusCode = status;
    response.end(JSON.stringify({ type: `urn:webscada-edge:problem:${code}`, title: code, detail: 'so' }));
  };

/** The verb at a box that answers so. */
async function gate(answers: Readonly<Record<string, Answer>>, env: Readonly<Record<string, string>> = {}) {
  const asked: (string | undefined)[][] = [];
  const server = createServer((request, response) => {
    asked.push([request.url, request.headers.host, request.headers.authorization]);
    (answers[request.url ?? ''] ?? problem(404, 'not-found'))(response);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  ends.push(() => void server.close());
  let said = '';
  const take = { write: (text: string) => (said += text) };
  const words = ['gate', '--wait', '2s', '--hold', '1s', '--url', `http://localhost:${port}`];
  const code = await runCli(words, {
    runAppliance: () => Promise.reject(new Error('not this')),
    ...{ stdout: take, stderr: take, env, version: '1.2.3' },
  });
  return { code, said, asked };
}

const READY: Answer = (response) => void response.end('{"ready":true}');

describe('the verb', () => {
  test('fails where readings cannot be stored, with the reason', async () => {
    const { code, said } = await gate({ '/readyz': problem(503, 'not-ready') });
    expect({ code, said }).toMatchObject({ code: 1, said: expect.stringContaining('not-ready. so') });
  }, 20_000);

  test('asks by a name every box has, with the token', async () => {
    const figures = await figuresWith(1);
    const tell: Answer = (response) => void response.end(figures);
    const { code, said, asked } = await gate({ '/readyz': READY, '/metrics': tell }, { WSE_TOKEN: 'wse_1' });
    expect({ code, said }).toMatchObject({ code: 1, said: expect.stringContaining('1 urgent alarms') });
    expect(asked[0]).toEqual(['/readyz', 'localhost', 'Bearer wse_1']);
  }, 20_000);

  test('does not know without a token, at once', async () => {
    const { code, said, asked } = await gate({
      '/readyz': READY,
      '/metrics': problem(401, 'unauthenticated'),
    });
    expect({ code, said }).toMatchObject({ code: 77, said: expect.stringContaining('scope metrics') });
    expect(asked).toHaveLength(2);
  });

  test('lets a box through that nobody has claimed yet', async () => {
    const { code, said } = await gate({ '/readyz': READY, '/metrics': problem(403, 'unclaimed') });
    expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('nobody has claimed it') });
  }, 20_000);

  test.each([
    ['--hold', '20m'],
    ['--wait', 'soon'],
    ['--alarms', 'many'],
  ])('%s %s is wrong use', async (...words) => {
    let said = '';
    const take = { write: (text: string) => (said += text) };
    const code = await runCli(['gate', ...words], {
      runAppliance: () => Promise.reject(new Error('not this')),
      ...{ stdout: take, stderr: take, env: {}, version: '1.2.3' },
    });
    expect(code).toBe(2);
    expect(said).toContain(words[0]);
  });
});
