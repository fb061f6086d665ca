/** The form of something that is kept under a revision: what is saved, what was refused, and the way to what somebody else has saved. */
import type { Signal } from '@preact/signals';
import type { ComponentChildren, JSX, RefObject } from 'preact';
import type { Refusal } from './call.ts';
import { Refused } from './components.tsx';

interface SavedFormProps {
  readonly form: RefObject<HTMLFormElement | null>;
  readonly isSaved: Signal<boolean>;
  readonly refusal: Refusal | undefined;
  /** Fetches what somebody else has saved; absent where there is none yet. */
  readonly look: (() => Promise<void>) | undefined;
  readonly save: () => Promise<void>;
  readonly words: { readonly theirs: string; readonly saved: string; readonly save: string };
  readonly children: ComponentChildren;
}

export function SavedForm(props: SavedFormProps): JSX.Element {
  const { form, isSaved, refusal, look, save, words, children } = props;
  return (
    <form
      class="entry"
      ref={form}
      onInput={() => {
        isSaved.value = false;
      }}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {children}
      <Refused refusal={refusal} />
      {look && refusal?.code === 'changed-meanwhile' ? (
        <button type="button" class="toggle" onClick={() => void look()}>
          {words.theirs}
        </button>
      ) : null}
      <p role="status">{isSaved.value ? words.saved : ''}</p>
      <button type="submit" class="primary">
        {words.save}
      </button>
    </form>
  );
}
