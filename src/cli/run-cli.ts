/**
 * The command line: finds the verb, reads its options, runs it, gives the exit code. Wrong use names the nearest right
 * word and exits with 2. Verbs load what they need themselves, so that help costs nothing.
 */
import { parseArgs } from 'node:util';
import { didYouMean } from '../model/suggest.ts';
import { groupHelp, headingFor, programHelp, verbHelp } from './help.ts';
import { type CliWorld, EXIT, type Given, type Verb } from './verb.ts';
import { VERBS } from './verbs.ts';

export type { CliWorld, LoadedConfig } from './verb.ts';

/** Runs the verb `argv` names (without node and script) and resolves to the exit code. */
export async function runCli(argv: readonly string[], world: CliWorld): Promise<number> {
  const [first = 'help', second = ''] = argv;
  if (first === 'help') return help(argv.slice(1), world);
  if (first === '--help' || first === '-h') return help([], world);
  if (first === '--version' || first === '-V') return runCli(['version', ...argv.slice(1)], world);
  const verb = findVerb([first, second]);
  if (verb) return runVerb(verb, argv.slice(verb.name.split(' ').length), world);
  const renamed = VERBS.find(({ formerly }) => formerly === first);
  if (renamed) {
    const hint = `\`${first}\` is called \`${renamed.name}\` now; the old name goes with the next release`;
    world.stderr.write(`webscada-edge: ${hint}\n`);
    return runVerb(renamed, argv.slice(1), world);
  }
  const group = VERBS.filter(({ name }) => name.startsWith(`${first} `));
  if (group.length === 0) return unknownVerb(first, world);
  if (second === '--help' || second === '-h') return help([first], world);
  if (second === '' || second.startsWith('-')) {
    world.stderr.write(groupHelp(first, group, headingFor(world)));
    return EXIT.usage;
  }
  return unknownVerb(`${first} ${second}`, world);
}

function findVerb(words: readonly string[]): Verb | undefined {
  return (
    VERBS.find(({ name }) => name === words.slice(0, 2).join(' ')) ??
    VERBS.find(({ name }) => name === words[0])
  );
}

function help(words: readonly string[], world: CliWorld): number {
  const heading = headingFor(world);
  const wanted = words.filter((word) => !word.startsWith('-'));
  if (wanted.length === 0 || wanted[0] === 'help') {
    world.stdout.write(programHelp(VERBS, heading));
    return EXIT.ok;
  }
  const verb = findVerb(wanted) ?? VERBS.find(({ formerly }) => formerly === wanted[0]);
  const group = VERBS.filter(({ name }) => name.startsWith(`${wanted.join(' ')} `));
  if (verb) world.stdout.write(verbHelp(verb, heading));
  else if (group.length > 0) world.stdout.write(groupHelp(wanted.join(' '), group, heading));
  else return unknownVerb(wanted.join(' '), world);
  return EXIT.ok;
}

async function runVerb(verb: Verb, argv: readonly string[], world: CliWorld): Promise<number> {
  const parsed = parseOptions(verb, argv);
  if (parsed.help) return help([...verb.name.split(' ')], world);
  if (parsed.problem !== undefined) return usage(parsed.problem, verb.name, world);
  return verb.run(parsed.given, world, parsed.words);
}

interface ParsedOptions {
  readonly help: boolean;
  readonly problem?: string;
  readonly given: Given;
  readonly words: readonly string[];
}

/** parseArgs splits the words; what they mean, and what is wrong with them, is said here. */
function parseOptions(verb: Verb, argv: readonly string[]): ParsedOptions {
  const options = Object.fromEntries(
    Object.entries(verb.options).map(([name, { type, short }]) => [name, short ? { type, short } : { type }]),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options: { ...options, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const found = new Map<string, string[]>();
  const words: string[] = [];
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option' || token.name === 'help') continue;
    const problem = optionProblem(verb, token, found.has(token.name));
    if (problem !== undefined) problems.push(problem);
    found.set(token.name, [...(found.get(token.name) ?? []), token.value ?? '']);
  }
  const extra = words[verb.maxWords ?? 0];
  if (extra !== undefined) problems.push(`unexpected \`${extra}\``);
  const given: Given = {
    flag: (name) => found.has(name),
    text: (name) => found.get(name)?.at(-1),
    texts: (name) => found.get(name) ?? [],
  };
  const help = tokens.some((token) => token.kind === 'option' && token.name === 'help');
  return { help, given, words, ...(problems[0] === undefined ? {} : { problem: problems[0] }) };
}

function optionProblem(
  verb: Verb,
  token: { readonly name: string; readonly rawName: string; readonly value?: string | undefined },
  again: boolean,
): string | undefined {
  const option = Object.hasOwn(verb.options, token.name) ? verb.options[token.name] : undefined;
  if (!option) {
    const names = [...Object.keys(verb.options), 'help'].map((name) => `--${name}`);
    return `unknown option \`${token.rawName}\`${didYouMean(token.rawName, names)}`;
  }
  if (option.type === 'string' && (token.value === undefined || token.value === '')) {
    return `${token.rawName} wants a value: ${token.rawName} ${option.value ?? 'VALUE'}`;
  }
  if (option.type === 'boolean' && token.value !== undefined) return `${token.rawName} takes no value`;
  return again && !option.multiple ? `${token.rawName} is given twice` : undefined;
}

function unknownVerb(name: string, world: CliWorld): number {
  const names = [...VERBS.map((verb) => verb.name), 'help'];
  return usage(`unknown verb \`${name}\`${didYouMean(name, names)}`, undefined, world);
}

function usage(problem: string, verb: string | undefined, world: CliWorld): number {
  const hint = verb === undefined ? 'webscada-edge help' : `webscada-edge help ${verb}`;
  world.stderr.write(`webscada-edge: ${problem}\nSee: ${hint}\n`);
  return EXIT.usage;
}
