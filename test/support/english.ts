/** The pages speak English in tests that run without a browser. */
import { speak } from '../../src/ui/web/texts.ts';
import { first } from '../../src/ui/web/words/en/first.ts';
import { later } from '../../src/ui/web/words/en/later.ts';

speak('en', { ...first, ...later });
