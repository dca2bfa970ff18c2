import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EciError } from './error.ts';
import { Parameters } from './parameters.ts';

const parse = (flat: Record<string, string>): Parameters => Parameters.from(new Map(Object.entries(flat)));

describe('parameters', () => {
  it('reads lists from 1 and closes gaps', () => {
    const parameters = parse({ 'Container.3.Name': 'c', 'Container.1.Name': 'a', 'Arg.2': 'y', 'Arg.10': 'z' });
    expect(parameters.list('Container', { max: 20 }).map((each) => each.required('Name'))).toEqual(['a', 'c']);
    expect(parameters.strings('Arg', { max: 10 })).toEqual(['y', 'z']);
  });

  it.each([
    ['a list that counts from 0', { 'Tag.0.Key': 'a' }, (p: Parameters) => p.list('Tag', { max: 20 }), 'Tag.0'],
    [
      'a list that is too long',
      { 'Tag.1.Key': 'a', 'Tag.2.Key': 'b' },
      (p: Parameters) => p.list('Tag', { max: 1 }),
      'Tag',
    ],
    ['a number that is none', { Cpu: '1e3' }, (p: Parameters) => p.number('Cpu', { min: 0, max: 9999 }), 'Cpu'],
    ['a number out of range', { Cpu: '-1' }, (p: Parameters) => p.number('Cpu', { min: 0, max: 9 }), 'Cpu'],
    ['a part of a number', { Port: '1.5' }, (p: Parameters) => p.integer('Port', { min: 0, max: 9 }), 'Port'],
    ['a word that is not known', { Policy: 'x' }, (p: Parameters) => p.word('Policy', ['Always']), 'Policy'],
    ['neither true nor false', { DryRun: 'yes' }, (p: Parameters) => p.boolean('DryRun'), 'DryRun'],
    ['a missing one', {}, (p: Parameters) => p.required('RegionId'), 'RegionId'],
  ])('refuses %s and names it', (_what, flat, read, name) => {
    expect(() => read(parse(flat as Record<string, string>))).toThrow(name);
  });

  it('reads any names without a crash, and what it refuses it refuses as ECI does', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (flat) => {
        expect([undefined, EciError]).toContain(
          thrownBy(() => parse(flat).list('Container', { max: 20 }))?.constructor,
        );
        expect([undefined, EciError]).toContain(
          thrownBy(() => parse(flat).strings('__proto__', { max: 20 }))?.constructor,
        );
      }),
    );
  });
});

function thrownBy(task: () => unknown): Error | undefined {
  try {
    task();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
