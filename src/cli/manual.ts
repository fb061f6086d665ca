/** The man page and the shells' completions, made from the table of verbs. */
import { ENVIRONMENT, EXAMPLES } from './help.ts';
import { EXIT_DOCS, type Verb } from './verb.ts';

const NAME = 'webscada-edge';
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The man page as roff, section 1. */
export function manPage(verbs: readonly Verb[], version: string): string {
  const lines = [
    `.TH ${NAME.toUpperCase()} 1 "" "${roff(`${NAME} ${version}`)}" "WebSCADA Edge"`,
    '.SH NAME',
    `${roff(NAME)} \\- the appliance of a remote site with LoRaWAN sensors`,
    '.SH SYNOPSIS',
    `.B ${roff(NAME)}`,
    '.I VERB',
    '[\\fIOPTION\\fR]...',
    '.SH VERBS',
    ...verbs.flatMap(verbLines),
    '.SH ENVIRONMENT',
    ...ENVIRONMENT.flatMap(([name, text]) => ['.TP', `.B ${roff(name)}`, roff(text)]),
    '.SH EXIT STATUS',
    ...EXIT_DOCS.flatMap(([code, text]) => ['.TP', `.B ${code}`, roff(text)]),
    '.SH EXAMPLES',
    ...EXAMPLES.flatMap(([command, text]) => ['.TP', `.B ${roff(command)}`, roff(text)]),
    '.SH FILES',
    '.TP',
    `.I /etc/${roff(NAME)}/config.toml`,
    'settings; those in conf.d beside it are read after it',
    '.TP',
    `.I /var/lib/${roff(NAME)}`,
    'the store',
  ];
  return `${lines.join('\n')}\n`;
}

function verbLines(verb: Verb): string[] {
  const options = Object.entries(verb.options).flatMap(([name, { short, value, summary }]) => [
    '.TP',
    `.B ${roff(`${short ? `-${short}, ` : ''}--${name}`)}${value ? ` \\fI${roff(value)}\\fR` : ''}`,
    roff(summary),
  ]);
  return [
    `.SS ${roff(verb.name)} ${roff(verb.synopsis)}`.trimEnd(),
    roff(sentence(verb.summary)),
    ...(verb.details === undefined ? [] : ['.PP', roff(verb.details)]),
    ...options,
  ];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Plain text in roff: a hyphen that stays one, no control line by accident, one line. */
function roff(text: string): string {
  return text
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/\s+/g, ' ')
    .replace(/^([.'])/, '\\&$1');
}

/** The completion script for `shell`. */
export function completionScript(shell: Shell, verbs: readonly Verb[]): string {
  const table = verbs.map((verb) => ({
    words: verb.name.split(' '),
    summary: verb.summary,
    options: [...Object.entries(verb.options).map(([name, option]) => ({ name, ...option }))],
  }));
  switch (shell) {
    case 'bash':
      return bash(table);
    case 'zsh':
      // zsh runs bash's functions when asked to.
      return `#compdef ${NAME}\nautoload -Uz bashcompinit && bashcompinit\n${bash(table)}`;
    case 'fish':
      return fish(table);
  }
}

interface Row {
  readonly words: readonly string[];
  readonly summary: string;
  readonly options: readonly { readonly name: string; readonly value?: string; readonly summary: string }[];
}

function bash(table: readonly Row[]): string {
  const firsts = [...new Set([...table.map(({ words }) => words[0] ?? ''), 'help'])];
  const groups = firsts.flatMap((first) => {
    const seconds = table.filter(({ words }) => words[0] === first).flatMap(({ words }) => words[1] ?? []);
    return seconds.length > 0 ? [`    ${first}) words="${seconds.join(' ')}" ;;`] : [];
  });
  const options = table.map(({ words, options: own }) => {
    const names = [...own.map(({ name }) => `--${name}`), '--help'].join(' ');
    return `    "${words.join(' ')}") words="${names}" ;;`;
  });
  return `# ${NAME}: completion for bash
_webscada_edge() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  case "$before" in
    --config|-c|--file|--output|-o|--token-file|--signature) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --prefix|--dir|--to) COMPREPLY=($(compgen -d -- "$current")); return ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${firsts.join(' ')}" -- "$current"))
    return
  fi
  if [ "$COMP_CWORD" -eq 2 ]; then
    case "\${COMP_WORDS[1]}" in
    help) words="${firsts.join(' ')}" ;;
${groups.join('\n')}
    esac
  fi
  if [ -z "$words" ] || [ "\${current#-}" != "$current" ]; then
    case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${options.filter((_, index) => table[index]?.words.length === 2).join('\n')}
    *) case "\${COMP_WORDS[1]}" in
${options.filter((_, index) => table[index]?.words.length === 1).join('\n')}
    esac ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _webscada_edge ${NAME}
`;
}

function fish(table: readonly Row[]): string {
  const quote = (text: string): string => `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
  const lines = [`# ${NAME}: completion for fish`, `complete -c ${NAME} -f`];
  const seen = new Set<string>();
  for (const { words, summary, options } of table) {
    const [first = '', second] = words;
    if (!seen.has(first)) {
      const description = second === undefined ? summary : `${first} …`;
      lines.push(`complete -c ${NAME} -n __fish_use_subcommand -a ${first} -d ${quote(description)}`);
    }
    seen.add(first);
    const within = `__fish_seen_subcommand_from ${first}`;
    if (second !== undefined)
      lines.push(`complete -c ${NAME} -n ${quote(within)} -a ${second} -d ${quote(summary)}`);
    const place = second === undefined ? within : `${within}; and __fish_seen_subcommand_from ${second}`;
    for (const { name, value, summary: text } of options) {
      const takes = value === undefined ? '' : ' -r -F';
      lines.push(`complete -c ${NAME} -n ${quote(place)} -l ${name}${takes} -d ${quote(text)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
