/** Help, made from the table of verbs: of the program, of a group of verbs ('config'), of one verb. */
import { type CliWorld, EXIT_DOCS, type Option, type Verb } from './verb.ts';

export const EXAMPLES = [
  ['webscada-edge run --simulator', 'a first look: a made-up site on this machine'],
  ['webscada-edge config init --site north-hill -o site.toml', 'begin a settings file'],
  ['webscada-edge run --config site.toml', 'the real thing'],
] as const;

export const ENVIRONMENT = [
  ['WSE_SECTION__KEY', 'a setting, as WSE_HTTP__PORT=8081'],
  ['WSE_SECTION__KEY_FILE', 'the file that holds a secret setting'],
  ['WSE_CONFIG', 'the settings file when --config is not given'],
  ['WSE_TOKEN', 'the API token of the verbs that ask the box'],
  ['NO_COLOR', 'when not empty, nothing is printed bold or coloured'],
] as const;

/** Marks headings; plain when standard output is no terminal or NO_COLOR is set. */
export type Heading = (text: string) => string;

export function headingFor(world: Pick<CliWorld, 'stdout' | 'env'>): Heading {
  const bold = world.stdout.isTTY === true && !world.env.NO_COLOR && world.env.TERM !== 'dumb';
  return (text) => (bold ? `\u001b[1m${text}\u001b[0m` : text);
}

export function programHelp(verbs: readonly Verb[], heading: Heading): string {
  const groups = [...new Set(verbs.map((verb) => verb.group))].map((group) => {
    const rows = verbs
      .filter((verb) => verb.group === group)
      .map((verb) => [verb.name, verb.summary] as const);
    const help = group === 'About' ? [['help [VERB]', 'explain the program or a verb'] as const] : [];
    return block(heading(group), [...rows, ...help]);
  });
  return [
    'webscada-edge: the appliance of a remote site with LoRaWAN sensors.\n',
    `${heading('Usage')}\n  webscada-edge VERB [OPTION]...\n`,
    ...groups,
    block(heading('Examples'), EXAMPLES),
    block(heading('Environment'), ENVIRONMENT),
    block(
      heading('Exit codes'),
      EXIT_DOCS.map(([code, text]) => [String(code), text]),
    ),
    'webscada-edge help VERB, or VERB --help, explains one verb.\n',
  ].join('\n');
}

/** Help of the verbs that begin with `group`: 'config'. */
export function groupHelp(group: string, verbs: readonly Verb[], heading: Heading): string {
  return [
    `${heading('Usage')}\n  webscada-edge ${group} VERB [OPTION]...\n`,
    block(
      heading('Verbs'),
      verbs.map((verb) => [verb.name, verb.summary]),
    ),
  ].join('\n');
}

export function verbHelp(verb: Verb, heading: Heading): string {
  const summary = `${verb.summary.charAt(0).toUpperCase()}${verb.summary.slice(1)}.`;
  const options = Object.entries(verb.options).map(
    ([name, option]) => [optionName(name, option), option.summary] as const,
  );
  return [
    `${heading('Usage')}\n  webscada-edge ${verb.name} ${verb.synopsis}\n`,
    wrap(verb.details === undefined ? summary : `${summary} ${verb.details}`),
    block(heading('Options'), [...options, ['-h, --help', 'print this']]),
    ...(verb.examples
      ? [`${heading('Examples')}\n${verb.examples.map((text) => `  ${text}\n`).join('')}`]
      : []),
  ].join('\n');
}

function optionName(name: string, option: Option): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `;
  return `${short}--${name}${option.type === 'string' ? ` ${option.value ?? 'VALUE'}` : ''}`;
}

function block(title: string, rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return `${title}\n${rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('')}`;
}

function wrap(text: string, width = 80): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return `${lines.join('\n')}\n`;
}
