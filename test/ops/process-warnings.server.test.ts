/** O19: what Node itself has to say is a line of the log like any other. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startAppliance, writeSettings } from '../support/appliance-process.ts';
import { eventually, freePort, temporaryFolder } from '../support/process.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** Loaded before the program: warns when it is told to, as a library that calls url.parse() makes Node warn in the bundle. */
const WARNER = `process.on('SIGUSR2', () => {
  process.emitWarning('\`url.parse()\` is old', 'DeprecationWarning', 'DEP0169');
  process.emitWarning('a leak', 'MaxListenersExceededWarning');
});`;

test.each([
  ['info', ['MaxListenersExceededWarning']],
  ['debug', ['DeprecationWarning', 'MaxListenersExceededWarning']],
])('O19: at level %s every line is JSON, with the warnings %j', async (level, names) => {
  const port = await freePort();
  const file = writeSettings(folder.path, {
    http: { host: '127.0.0.1', port },
    store: { dir: `${folder.path}/data`, reserve_bytes: 0 },
    log: { level, format: 'json' },
  });
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(WARNER)}` };
  const box = await startAppliance(file, port, env);
  await eventually('its start', () => box.output().includes('appliance.started'));
  box.process.kill('SIGUSR2');
  await eventually('the last warning', () => box.output().includes('a leak'));
  await box.stop();
  const lines = box.output().trimEnd().split('\n');
  expect(lines.filter((line) => !/^\{.*\}$/.test(line))).toEqual([]);
  const told = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'process.warning');
  expect(told.map(({ name }) => name)).toEqual(names);
});
