/** The verbs that print what other programs read: the man page, the shells' completions. */
import { completionScript, manPage, SHELLS } from './manual.ts';
import { EXIT, type Verb } from './verb.ts';

/** `table` gives all verbs, these two among them. */
export function manualVerbs(table: () => readonly Verb[]): readonly Verb[] {
  const completion: Verb = {
    name: 'completion',
    group: 'About',
    synopsis: SHELLS.join('|'),
    summary: 'print the completion script of a shell',
    options: {},
    maxWords: 1,
    examples: [
      'source <(webscada-edge completion bash)',
      'webscada-edge completion fish > ~/.config/fish/completions/webscada-edge.fish',
    ],
    async run(_given, world, [shell]) {
      const known = SHELLS.find((name) => name === shell);
      if (known === undefined) {
        world.stderr.write(`webscada-edge: completion wants the name of a shell: ${SHELLS.join(', ')}\n`);
        return EXIT.usage;
      }
      world.stdout.write(completionScript(known, table()));
      return EXIT.ok;
    },
  };
  const man: Verb = {
    name: 'man',
    group: 'About',
    synopsis: '',
    summary: 'print the man page',
    options: {},
    examples: ['webscada-edge man | man -l -'],
    async run(_given, world) {
      world.stdout.write(manPage(table(), world.version));
      return EXIT.ok;
    },
  };
  return [completion, man];
}
