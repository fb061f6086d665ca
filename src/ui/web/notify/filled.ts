/** What stands in a form, as the drafts read it: a field that is not there, or not ticked, is empty. Pure. */

export interface Filled {
  /** Without spaces around it; '' for nothing. */
  one(name: string): string;
  /** Of all fields of that name. */
  all(name: string): readonly string[];
}

export function filled(data: FormData): Filled {
  const text = (value: FormDataEntryValue): string => (typeof value === 'string' ? value.trim() : '');
  return {
    one: (name) => text(data.get(name) ?? ''),
    all: (name) => data.getAll(name).map(text),
  };
}

/** `{ [name]: list }`, or nothing where nothing was chosen, which is the same as all. */
export function unlessNone<Name extends string, T>(
  name: Name,
  list: readonly T[],
): { readonly [key in Name]?: T[] } {
  return list.length === 0 ? {} : ({ [name]: [...list] } as { readonly [key in Name]?: T[] });
}
