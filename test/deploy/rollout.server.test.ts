/** O8: deploy/k3s/rollout.sh against a kubectl that answers from a folder: what it asks, in which order, and what it ends with. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../support/process.ts';

const script = join(dirname(dirname(import.meta.dirname)), 'deploy/k3s/rollout.sh');

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** Notes its words. `fail-VERB` holds what it says when it fails with that verb; `once-VERB` makes it fail once only. */
const KUBECTL = `#!/usr/bin/env bash
cd "$(dirname "$0")"
[ "$1" != --namespace ] || shift 2
echo "$*" >>calls
case "$*" in
*--dry-run=server*) verb=dry ;;
'rollout status'*) verb=status ;;
'rollout undo'*) verb=undo ;;
*) verb=$1 ;;
esac
if [ -e "fail-$verb" ]; then
  cat "fail-$verb" >&2
  [ ! -e "once-$verb" ] || rm "fail-$verb"
  exit 1
fi
case "$*" in
'get configmap'*) echo 'kind: ConfigMapList' ;;
'get statefulset'*) [ ! -e first ] && echo webscada-edge-abc || exit 1 ;;
'get controllerrevision'*) echo 7 ;;
esac
`;

function rollout(faults: Readonly<Record<string, string>>) {
  const put = (name: string, text: string) => writeFileSync(join(folder.path, name), text, { mode: 0o755 });
  put('kubectl', KUBECTL);
  put('site.yaml', 'kind: Namespace\nmetadata:\n  name: webscada\n');
  for (const [name, text] of Object.entries(faults)) put(name, text);
  const { status, stderr } = spawnSync('bash', [script, join(folder.path, 'site.yaml'), '1'], {
    env: { ...process.env, PATH: `${folder.path}:${process.env.PATH}` },
    encoding: 'utf8',
  });
  const calls = readFileSync(join(folder.path, 'calls'), 'utf8').trim().split('\n');
  const verbs = calls.map((call) => call.replace(/ -f .*| --timeout.*| -o .*| --tail.*| --wait.*/, ''));
  return { status, stderr, changes: verbs.filter((call) => !/^(get|logs)/.test(call)) };
}

const ASKED = 'apply --dry-run=server';
const READY = 'rollout status statefulset/webscada-edge';
const UNDO = 'rollout undo statefulset/webscada-edge --to-revision=7';
const BACK = ['replace', UNDO, 'delete pod webscada-edge-0', READY];

test('O8: what is good is asked for, applied and waited for', () => {
  expect(rollout({})).toMatchObject({ status: 0, changes: [ASKED, 'apply', READY] });
});

test('O8: what the cluster refuses changes nothing, and a changed volume is named', () => {
  const refusal = "Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden";
  const { status, stderr, changes } = rollout({ 'fail-dry': refusal });
  expect({ status, changes }).toEqual({ status: 1, changes: [ASKED] });
  expect(stderr).toContain(refusal);
  expect(stderr).toContain('storage, mosquitto.size, influx.size');
  expect(stderr).toContain('nothing was changed');
});

test('O8: an apply that fails half-way is taken back to the version that ran', () => {
  const { status, stderr, changes } = rollout({ 'fail-apply': 'the server is away' });
  expect({ status, changes }).toEqual({ status: 1, changes: [ASKED, 'apply', ...BACK] });
  expect(stderr).toContain('refused, going back');
});

test('O8: so is what does not become healthy', () => {
  const faults = { 'fail-status': 'timed out', 'once-status': '' };
  expect(rollout(faults)).toMatchObject({ status: 1, changes: [ASKED, 'apply', READY, ...BACK] });
});

test('O8: that the old one does not become healthy either is told by 2', () => {
  expect(rollout({ 'fail-status': 'timed out' }).status).toBe(2);
});

test('O8: settings that cannot be brought back are no success', () => {
  const { status, stderr, changes } = rollout({ 'fail-apply': 'no', 'fail-replace': 'no' });
  expect({ status, changes }).toEqual({ status: 2, changes: [ASKED, 'apply', ...BACK] });
  expect(stderr).toContain('with the new settings');
});

test('O8: the first version of a site is applied without a question, and has nothing to go back to', () => {
  const { status, stderr, changes } = rollout({ first: '', 'fail-apply': 'no' });
  expect({ status, changes }).toEqual({ status: 2, changes: ['apply'] });
  expect(stderr).toContain('nothing to go back to');
});
