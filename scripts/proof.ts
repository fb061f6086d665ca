/**
 * What people can do by the pages, proved in a real Chromium against the appliance as it is shipped, with a real Mosquitto; figures
 * are printed, and the exit code is 1 where one is not as it must be. `npm run proof`, or `npm run proof -- technician faults`.
 */
import { parseArgs } from 'node:util';
import { faults as findFaults } from './proof/faults.ts';
import { line } from './proof/line.ts';
import { load } from './proof/load.ts';
import { type Proof, prove } from './proof/proof.ts';
import { screens } from './proof/screens.ts';
import { technician } from './proof/technician.ts';
import { viewer } from './proof/viewer.ts';
import { year } from './proof/year.ts';

const PROOFS: Readonly<Record<string, (proof: Proof) => Promise<void>>> = {
  technician,
  faults: findFaults,
  viewer,
  line,
  screens,
  year,
  load,
};

const { positionals } = parseArgs({ allowPositionals: true });
const wanted = positionals.length > 0 ? positionals : Object.keys(PROOFS);
const faults: string[] = [];
for (const name of wanted) {
  const run = PROOFS[name];
  if (run) faults.push(...(await prove(name, run)));
  else faults.push(`${name}: no such proof; there are ${Object.keys(PROOFS).join(', ')}`);
}
console.log(faults.length === 0 ? 'All proofs hold.' : `${faults.length} faults:\n${faults.join('\n')}`);
process.exitCode = faults.length === 0 ? 0 : 1;
