/** Has the box make a profile and a codec of a model. */
import type { ListedModelView, TakenModelView } from '../../shapes/catalogue.ts';
import { api, ask, type Outcome } from '../call.ts';
import { sentence } from '../format.ts';
import { t } from '../texts.ts';
import { detailWords } from '../told.ts';

export type ModelName = Pick<ListedModelView, 'source' | 'vendor' | 'model'>;

type Region = ListedModelView['regions'][number];

export function takeModel(
  { source, vendor, model }: ModelName,
  wish: { readonly region?: Region; readonly firmware?: string } = {},
): Promise<Outcome<TakenModelView>> {
  const one = api.catalogue.models[':source'][':vendor'][':model'];
  return ask(one.take.$post({ param: { source, vendor, model }, json: wish }));
}

export function takenWords({ isNew, profile, codec, told }: TakenModelView): string {
  const taken = t(isNew ? 'catalogue.taken' : 'catalogue.takenBefore', { profile, codec });
  return [taken, ...told.map((one) => sentence(detailWords(one)))].join(' ');
}
