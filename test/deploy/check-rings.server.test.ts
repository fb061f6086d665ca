/** O12: deploy/k3s/check-rings.sh against a kubectl that answers from variables. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../support/process.ts';

const script = join(dirname(dirname(import.meta.dirname)), 'deploy/k3s/check-rings.sh');

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const KUBECTL = `#!/usr/bin/env bash
case "$*" in
*'get configmap argocd-cmd-params-cm'*'applicationsetcontroller\\.enable\\.progressive\\.syncs}') printf %s "$SETTING" ;;
*'get deployment/argocd-applicationset-controller'*) printf %s "$WORDS" ;;
*) exit 1 ;;
esac
[ -z "$AWAY" ]
`;

test.each<[string, Readonly<Record<string, string>>, number, string]>([
  ['nothing set', {}, 1, 'all sites at once'],
  ['switched off', { SETTING: 'false' }, 1, 'patch configmap argocd-cmd-params-cm'],
  ['switched on', { SETTING: 'true' }, 0, 'one after the other'],
  ['switched on with the program', { WORDS: '["--enable-progressive-syncs"]' }, 0, 'one after the other'],
  ['switched off with the program', { WORDS: '["--enable-progressive-syncs=false"]' }, 1, 'at once'],
  ['no Argo CD', { AWAY: '1' }, 2, 'cannot be asked'],
])('O12: %s', (_, answers, code, words) => {
  writeFileSync(join(folder.path, 'kubectl'), KUBECTL, { mode: 0o755 });
  const env = { PATH: `${folder.path}:${process.env.PATH}`, SETTING: '', WORDS: '', AWAY: '', ...answers };
  const { status, stdout, stderr } = spawnSync('bash', [script], { env, encoding: 'utf8' });
  expect({ status, said: stdout + stderr }).toEqual({ status: code, said: expect.stringContaining(words) });
});
