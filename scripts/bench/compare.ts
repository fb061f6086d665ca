/**
 * Compares a run of the bench (`npm run bench -- --json FILE`) with the ratios in baseline.json; exit code 1 when one is worse
 * by more than a fifth, or missing. `bench:compare -- FILE [--baseline FILE]`; `--accept` makes the run the baseline.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { digits, type Report } from './figure.ts';
import { type Baseline, baselineOf, regressions, TOLERANCE } from './regression.ts';

const { values, positionals } = parseArgs({
  options: {
    baseline: { type: 'string', default: join(import.meta.dirname, 'baseline.json') },
    accept: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const [file] = positionals;
if (file === undefined) {
  fail('which run? npm run bench -- --json FILE, then npm run bench:compare -- FILE');
}
const report = read<Report>(file, 'npm run bench -- --json FILE makes it');
if (report.quick) fail(`${file} is of a quick run, whose ratios are not those of whole ones`);
if (values.accept) {
  const { missing } = report;
  if (missing.length > 0) fail(`${file} has not all parts: ${missing.map(({ part }) => part).join(', ')}`);
  writeFileSync(values.baseline, `${JSON.stringify(baselineOf(report), null, 2)}\n`);
  console.log(`${values.baseline}: the ratios of ${file}`);
} else {
  const hint = 'there is no baseline yet; bench:compare -- FILE --accept makes a run on a quiet machine one';
  const baseline = read<Baseline>(values.baseline, hint);
  const worse = regressions(baseline, report);
  for (const { key, was, is } of worse) {
    console.log(`WORSE ${key}: ${digits(was)} before, ${is === undefined ? 'not measured' : digits(is)} now`);
  }
  const count = Object.keys(baseline).length;
  console.log(`${count - worse.length} of ${count} ratios are within ${TOLERANCE * 100} % of the baseline`);
  process.exitCode = worse.length > 0 ? 1 : 0;
}

/** Of our own making; what is missing in it shows as a ratio that is not measured. */
function read<T>(from: string, hint: string): T {
  try {
    return JSON.parse(readFileSync(from, 'utf8')) as T;
  } catch (error) {
    return fail(`${from}: ${error instanceof Error ? error.message : String(error)} (${hint})`);
  }
}

function fail(message: string): never {
  console.error(`bench:compare: ${message}`);
  process.exit(2);
}
