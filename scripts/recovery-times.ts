/**
 * How long each recovery of docs/recovery.md takes, and what it loses: InfluxDB, the centre's Redis, the centre's PostgreSQL, the box,
 * the box with its card, one after the other, killed with their data under frames that go on coming, and brought back by the documented way.
 * Real servers, and the box as it is shipped. A line of JSON for each; exit code 1 when one loses more than is documented, or when
 * `verify-sync` finds a gap afterwards.
 *
 * `--records N` readings in the log before (20 000), `--rate N` frames a second (20), `--only influx,redis,postgres,box,card`. Needs
 * `npm run build`, Mosquitto, Redis, PostgreSQL, VictoriaMetrics.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { begin, beginFrames, DEATHS, makeRecoveryKey, type Recovery } from './recovery/deaths.ts';
import { startSystem } from './recovery/system.ts';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '20000' },
    rate: { type: 'string', default: '20' },
    only: { type: 'string', default: Object.keys(DEATHS).join() },
  },
});
const [records, rate] = [Number(values.records), Number(values.rate)];
const names = Object.keys(DEATHS).filter((name) => values.only.split(',').includes(name));
if (!Number.isInteger(records) || records < 1_000 || !(rate >= 1 && rate <= 200) || names.length === 0) {
  console.error(
    `recovery-times: --records from 1000 on, --rate 1 to 200, --only ${Object.keys(DEATHS).join()}`,
  );
  process.exit(2);
}

const isAsDocumented = ({ lost, mayLose, proved }: Recovery): boolean => lost <= mayLose && proved;

console.error(
  `recovery-times: ${records} readings, ${rate} frames/s, ${cpus().length} × ${cpus()[0]?.model}, load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}`,
);
const system = await startSystem({ records, rate });
try {
  await makeRecoveryKey(system);
  await system.box.start();
  await beginFrames(system);
  await begin(system);
  for (const name of names) {
    const recovery = await DEATHS[name]?.(system);
    if (!recovery) continue;
    console.log(JSON.stringify({ ...recovery, ok: isAsDocumented(recovery) }));
    if (!isAsDocumented(recovery)) process.exitCode = 1;
  }
} finally {
  await system.stop();
}
