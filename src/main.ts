/** The program's entry: hands the command line to its verbs. Everything heavy is loaded by the verb that needs it. */
import { setFlagsFromString } from 'node:v8';
import { askOnTerminal } from './cli/confirm.ts';
import { openOutput } from './cli/output.ts';
import { runCli } from './cli/run-cli.ts';
import { EXIT } from './cli/verb.ts';
import { release } from './ops/release.ts';

// Code that runs a few times a second needs no middle tier of optimisation: its machine code is 4 MB. What is really hot
// still gets the best one.
setFlagsFromString('--no-maglev');

const stderr = openOutput(process.stderr);
const stdout = openOutput(process.stdout, (problem) => {
  stderr.write(`webscada-edge: standard output cannot be written: ${problem}\n`);
  // The verb knows nothing of it and may end with 0 still.
  process.once('exit', (code) => {
    if (code === EXIT.ok) process.exitCode = EXIT.failure;
  });
});

// Not awaited here: what a verb loads imports from this file, which would not be done before the verb is. Until there is
// an answer the end of the process is none.
process.exitCode = EXIT.failure;
void runCli(process.argv.slice(2), {
  runAppliance: async (loaded, reload) => (await import('./run.ts')).runAppliance(loaded, reload),
  stdout,
  stderr,
  env: process.env,
  version: release().version,
  ask: askOnTerminal,
}).then((code) => {
  process.exitCode = code;
});
