import type { ComponentChildren } from 'preact';
import { SHORT_TITLES } from '../protocol.ts';
import type { Model } from './model.ts';

/** The head of a table with a column for each Worker. @param children the cell above the rows' names */
export function Head({ model, children }: { readonly model: Model; readonly children: ComponentChildren }) {
  return (
    <thead>
      <tr>
        {children}
        {model.kinds.map((kind) => (
          <th key={kind} scope="col">
            {SHORT_TITLES[kind]}
          </th>
        ))}
      </tr>
    </thead>
  );
}
