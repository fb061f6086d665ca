/**
 * The programs that will read the manifests, for tests: Kubernetes' strict decoder, Helm's engine and lint, Kustomize and Compose, from
 * scripts/validate-manifests. Needs Go; skipped by name where it is missing.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { HASH_ANNOTATION } from '../../src/deploy/config-hash.ts';
import type { KubeObject } from '../../src/deploy/object.ts';
import { canRun, describeNeeding } from './needs.ts';

const source = join(dirname(dirname(import.meta.dirname)), 'scripts/validate-manifests');

/** Like `describe`, for a suite that needs Go. */
export function describeWithGo(title: string, suite: () => void): void {
  describeNeeding('go', canRun('go', 'version'), title, suite);
}

export interface Validator {
  /** Path of a new file with `text`. */
  write(name: string, text: string): string;
  /** Where those files are. */
  folder(): string;
  run(...args: readonly string[]): {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
  };
}

/** Builds the program before the tests of the suite it is called in, and removes it after them. Nothing of it is cached on a new machine. */
export function useValidator(): Validator {
  let folder = '';
  let validator = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wse-manifests-'));
    validator = join(folder, 'validate-manifests');
    execFileSync('go', ['build', '-buildvcs=false', '-o', validator, '.'], { cwd: source, stdio: 'pipe' });
  }, 1_200_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    write(name, text) {
      const file = join(folder, name);
      writeFileSync(file, text);
      return file;
    },
    folder: () => folder,
    run(...args) {
      const { status, stdout, stderr } = spawnSync(validator, args, {
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
      });
      return { status, stdout, stderr };
    },
  };
}

type Broken = readonly [says: string, file: string, change: (text: string) => string];

/** What `helm lint --strict` must find in a chart: each file is there or new, and changed so. */
export const LINT_FINDS: readonly Broken[] = [
  ['not a valid SemVer', 'Chart.yaml', (text) => text.replace(/^version: .*$/m, 'version: newest')],
  ['apiVersion', 'Chart.yaml', (text) => text.replace('apiVersion: v2', 'apiVersion: v3')],
  ['unable to parse YAML', 'templates/namespace.yaml', (text) => `${text}\n  half: [one\n`],
  [
    'naming requirements',
    'templates/namespace.yaml',
    (text) => text.replace(/^ {2}name: .*$/m, '  name: "No_Name"'),
  ],
  ['parse error', 'templates/namespace.yaml', (text) => `${text}{{ if }}`],
  ['extension', 'templates/notes.md', () => 'Notes'],
  ['values.yaml', 'values.yaml', (text) => `${text}nobody_knows: true\n`],
];

/** A copy of the chart in `folder` with one thing broken, as another folder. */
export function brokenChart(chart: string, folder: string, [, file, change]: Broken): string {
  const copy = join(folder, 'broken');
  rmSync(copy, { recursive: true, force: true });
  cpSync(chart, copy, { recursive: true });
  const path = join(copy, file);
  writeFileSync(path, change(existsSync(path) ? readFileSync(path, 'utf8') : ''));
  return copy;
}

/** Parsed documents by kind and name, in the form in which two ways to the same site are equal. */
export function readObjects(text: string): Map<string, unknown> {
  const objects = parseAllDocuments(text, { version: '1.1', logLevel: 'error' }).flatMap((document) => {
    expect('errors' in document ? document.errors : []).toEqual([]);
    const object = document.toJS() as KubeObject | null;
    return object === null ? [] : [object];
  });
  return new Map(objects.map((object) => [`${object.kind}/${object.metadata.name}`, comparable(object)]));
}

/** Settings as what they say and not how they are written; the chart's own hash of them is another one. */
function comparable(object: KubeObject): unknown {
  const copy = JSON.parse(JSON.stringify(object)) as {
    data?: Record<string, unknown>;
    spec?: { template?: { metadata?: { annotations?: Record<string, string> } } };
  };
  const settings = copy.data?.['settings.yaml'];
  if (copy.data && typeof settings === 'string') {
    copy.data['settings.yaml'] = parseAllDocuments(settings).map((document) => document.toJS());
  }
  const annotations = copy.spec?.template?.metadata?.annotations;
  if (annotations) annotations[HASH_ANNOTATION] = 'some';
  return copy;
}

/** A copy in which the deepest key that is a field, not a free name, has an x too many. */
export function withTypo(object: KubeObject): KubeObject {
  const copy = JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
  const free =
    /^(labels|matchLabels|annotations|data|stringData|encryptedData|requests|limits|values|additional.*)$/;
  let deepest: { holder: Record<string, unknown>; key: string; depth: number } | undefined;
  const visit = (node: unknown, depth: number): void => {
    if (Array.isArray(node)) for (const item of node) visit(item, depth + 1);
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
    const holder = node as Record<string, unknown>;
    for (const [key, value] of Object.entries(holder)) {
      if (!/^(apiVersion|kind)$/.test(key) && depth >= (deepest?.depth ?? -1))
        deepest = { holder, key, depth };
      if (!free.test(key)) visit(value, depth + 1);
    }
  };
  visit(copy, 0);
  if (!deepest) throw new Error(`${object.kind} has no field`);
  const { holder, key } = deepest;
  holder[`${key}x`] = holder[key];
  delete holder[key];
  return copy as unknown as KubeObject;
}
