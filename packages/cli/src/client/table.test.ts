import { expect, it } from 'vitest';
import { printTable } from './table.ts';

const table = {
  columnDefinitions: [{ name: 'Name' }, { name: 'Ready' }, { name: 'Node', priority: 1 }],
  rows: [
    { cells: ['hello', 'True', 'n1'], object: { metadata: { namespace: 'default' } } },
    { cells: ['a-longer-name', null, 'n2'], object: { metadata: { namespace: 'other' } } },
  ],
};

it('lays a table out as kubectl does', () => {
  expect(printTable(table, { wide: false, withNamespace: false })).toBe(
    'NAME            READY\nhello           True\na-longer-name\n',
  );
});

it('adds namespace, kind and wide columns where asked', () => {
  const text = printTable(table, { wide: true, withNamespace: true, namePrefix: 'pod/' });
  expect(text.split('\n')[1]).toBe('default     pod/hello           True    n1');
});
