/** The gate between two rings: what Prometheus and Argo CD say of the ring's sites decides, and not knowing is no yes. */
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { root } from '../../scripts/house/sources.ts';
import { freePort, temporaryFolder } from '../support/process.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Told {
  readonly known: readonly string[];
  readonly trouble: readonly string[];
  readonly status?: number;
  /** How Argo CD's last sync of each site ended; without, it is not asked. */
  readonly phases?: Readonly<Record<string, string>>;
}

/** Answers as `kubectl get applications.argoproj.io/NAME` does, from the environment. */
const KUBECTL = `#!/usr/bin/env bash
[ "$1 $2 $3" = '--namespace argo-cd get' ] || exit 1
site=\${4#applications.argoproj.io/webscada-edge-}
phase=phase_$site
[ -n "\${!phase+there}" ] && printf %s "\${!phase}"
`;

async function gate(told: Told, ...sites: readonly string[]) {
  const folder = temporaryFolder();
  ends.push(folder.remove);
  const port = await prometheus(told);
  writeFileSync(join(folder.path, 'kubectl'), KUBECTL, { mode: 0o755 });
  const phases = Object.entries(told.phases ?? {}).map(([site, phase]) => [`phase_${site}`, phase]);
  const ended = await run(folder.path, ['0', ...sites], {
    PROMETHEUS: `http://127.0.0.1:${port}`,
    ...(told.phases ? { ARGOCD: 'argo-cd', ...Object.fromEntries(phases) } : {}),
  });
  return ended;
}

async function prometheus(told: Told): Promise<number> {
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams.get('query') ?? '';
    const found = query.includes('trouble') ? told.trouble : told.known;
    response.statusCode = told.status ?? 200;
    const result = found.map((site) => ({ metric: { site }, value: [0, '1'] }));
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  return port;
}

/** Runs it in `folder`, where it finds its kubectl and leaves what its command does. */
async function run(folder: string, words: readonly string[], env: Readonly<Record<string, string>>) {
  const undone = join(folder, 'undone');
  const child = spawn(join(root, 'deploy/k3s/ring-gate.sh'), [...words, '--', 'touch', undone], {
    env: { PATH: `${folder}:${process.env.PATH}`, ...env },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, said, isUndone: existsSync(undone) };
}

test.each<[string, Told, number, boolean]>([
  ['all are well', { known: ['a', 'b'], trouble: [] }, 0, false],
  ['one is in trouble', { known: ['a', 'b'], trouble: ['b'] }, 1, true],
  ['of one nothing is known', { known: ['a'], trouble: [] }, 2, false],
  ['Prometheus refuses', { known: ['a', 'b'], trouble: [], status: 500 }, 2, false],
  [
    'the sync of each ended well',
    { known: ['a', 'b'], trouble: [], phases: { a: 'Succeeded', b: 'Succeeded' } },
    0,
    false,
  ],
  [
    'the gate of one failed its sync',
    { known: ['a', 'b'], trouble: [], phases: { a: 'Succeeded', b: 'Failed' } },
    1,
    true,
  ],
  [
    'a sync has not ended when the time is up',
    { known: ['a', 'b'], trouble: [], phases: { a: 'Running', b: 'Succeeded' } },
    1,
    true,
  ],
  ['Argo CD does not know one', { known: ['a', 'b'], trouble: [], phases: { a: 'Succeeded' } }, 2, false],
])('%s', async (_, told, code, isUndone) => {
  const ended = await gate(told, 'a', 'b');
  expect(ended).toMatchObject({ code, isUndone });
});

test('a site that is no id is refused', async () => {
  expect(await gate({ known: [], trouble: [] }, 'a"} or up{x="')).toMatchObject({ code: 2, isUndone: false });
});

test('Argo CD alone is enough, and one of the two is needed', async () => {
  const folder = temporaryFolder();
  ends.push(folder.remove);
  writeFileSync(join(folder.path, 'kubectl'), KUBECTL, { mode: 0o755 });
  const ask = (env: Readonly<Record<string, string>>) => run(folder.path, ['0', 'a'], env);
  expect(await ask({ ARGOCD: 'argo-cd', phase_a: 'Succeeded' })).toMatchObject({ code: 0, isUndone: false });
  expect(await ask({})).toMatchObject({ code: 2, isUndone: false });
  expect(await ask({ ARGOCD: 'argo-cd', phase_a: 'Error' })).toMatchObject({ code: 1, isUndone: true });
});
