/** The units of updates by page: their text, that they come and go with the operator's wish, and that systemd knows every word. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { layoutOf } from '../../src/ops/install/layout.ts';
import { planInstallation, removals } from '../../src/ops/install/plan.ts';
import { updatesPathText, updatesUnitText } from '../../src/ops/install/updates-unit.ts';
import { canRun, needs } from '../support/needs.ts';
import { temporaryFolder } from '../support/process.ts';

const canAnalyze = canRun('systemd-analyze', '--version');

describe('the units', () => {
  const withUpdates = (updatesByPage?: boolean) =>
    planInstallation({
      ...{ layout: layoutOf('/'), system: true, from: '/x', settings: '', credentials: [] },
      ...{ manual: '', completion: '', updatesByPage },
    });

  test('of updates by page: only where they are wanted, and taken away again', () => {
    const { updatesPath, updatesUnit } = layoutOf('/');
    expect(JSON.stringify(withUpdates())).not.toContain('webscada-edge-upgrade');
    const steps = withUpdates(true);
    for (const [path, text] of [
      [updatesUnit, updatesUnitText()],
      [updatesPath, updatesPathText()],
    ])
      expect(steps).toContainEqual({ kind: 'file', path, text, mode: 0o644, group: 'root', owned: true });
    expect(steps).toContainEqual({ kind: 'enabled', unit: 'webscada-edge-upgrade.path' });
    expect(steps.at(-1)).toEqual({ kind: 'running', unit: 'webscada-edge' });
    const off = withUpdates(false);
    expect(off).toContainEqual({ kind: 'disabled', unit: 'webscada-edge-upgrade.path', path: updatesPath });
    for (const path of [updatesPath, updatesUnit]) expect(off).toContainEqual({ kind: 'removed', path });
    expect(removals(layoutOf('/'), false)).toEqual(expect.arrayContaining([updatesPath, updatesUnit]));
  });

  test('of updates by page starts nothing but the installed program, with no word of the service', () => {
    const commands = updatesUnitText()
      .split('\n')
      .filter((line) => line.startsWith('Exec'));
    expect(commands).toEqual([
      'ExecStartPre=/bin/sleep 5',
      'ExecStart=/usr/local/bin/webscada-edge upgrade --requested',
    ]);
    expect(updatesUnitText()).not.toMatch(/^Environment|^User=|^WorkingDirectory/m);
  });

  test('of updates by page holds nothing that systemd does not know', (context) => {
    needs(context, 'systemd-analyze', canAnalyze);
    const folder = temporaryFolder();
    try {
      const path = join(folder.path, 'webscada-edge-upgrade.path');
      const unit = join(folder.path, 'webscada-edge-upgrade.service');
      writeFileSync(path, updatesPathText());
      writeFileSync(unit, updatesUnitText());
      const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path, unit], {
        encoding: 'utf8',
      });
      const complaints = stderr.split('\n').filter((line) => line.includes('webscada-edge'));
      expect(complaints.filter((line) => !line.includes('webscada-edge is not executable'))).toEqual([]);
    } finally {
      folder.remove();
    }
  });
});
