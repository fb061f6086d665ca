/** Every configuration of a broker that leaves this project, whoever puts it in place: the box writes none at `install`. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { objectsOf, SITES } from '../support/manifest-sites.ts';

const root = dirname(dirname(import.meta.dirname));
/** A line that only a Mosquitto's main configuration has; `listener` alone is an addition to one. */
const MAIN = /^\s*(allow_anonymous|max_inflight_messages|max_queued_messages)\s+\S+$/m;
const NO_DELAY = /^\s*set_tcp_nodelay true$/m;

describe('O22: small packets are sent at once, which takes 40 ms off a downlink, by', () => {
  const shipped = execFileSync('git', ['ls-files', 'deploy', 'docs', 'scripts', 'src', 'compose.yaml'], {
    cwd: root,
    encoding: 'utf8',
  })
    .trim()
    .split('\n')
    .filter((path) => MAIN.test(readFileSync(join(root, path), 'utf8')));

  it('every file of ours with a broker in it', () => {
    expect(shipped).toEqual(
      expect.arrayContaining([
        'compose.yaml',
        'deploy/helm/templates/configmap-mosquitto.yaml',
        'deploy/k3s/base/configmap-mosquitto.yaml',
        'docs/install.md',
        'src/deploy/broker.ts',
      ]),
    );
    expect(shipped.filter((path) => !NO_DELAY.test(readFileSync(join(root, path), 'utf8')))).toEqual([]);
  });

  it.each(SITES)('the broker of the site "%s"', (_, table) => {
    const texts = objectsOf(table).flatMap((object) =>
      object.kind === 'ConfigMap' ? Object.values(object.data ?? {}) : [],
    );
    const brokers = texts.filter((text) => MAIN.test(text));
    expect(brokers).toHaveLength(
      objectsOf(table).some(({ metadata }) => metadata.name === 'mosquitto') ? 1 : 0,
    );
    for (const text of brokers) expect(text).toMatch(NO_DELAY);
  });
});
