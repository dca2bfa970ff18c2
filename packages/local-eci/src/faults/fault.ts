import { invalidParameter } from '../wire/error.ts';

/** Something that goes wrong in the local ECI until it is cleared. */
export type Fault =
  | CallFault
  | {
      /** There is no instance to be had: in a zone or all, of a size or all; seen at once, or only after the group was made. */
      readonly kind: 'no-stock';
      readonly zone?: string | undefined;
      /** vCPUs and GiB, such as `2-4Gi`: the least that is out of stock. Default: everything is. */
      readonly spec?: string | undefined;
      /** Only spot instances. Default false. */
      readonly spot?: boolean | undefined;
      /** The create succeeds, and the group becomes `ScheduleFailed`. Default false. */
      readonly late?: boolean | undefined;
    }
  | {
      /** Describe calls answer as things were so long ago: new groups are not there yet, gone ones still are. */
      readonly kind: 'lag';
      readonly ms: number;
    }
  | {
      /** Describe calls leave out such a share of the groups, others each time. */
      readonly kind: 'omit';
      readonly share: number;
    }
  | {
      /** What the market asks for spot instances, as a share of the list price. */
      readonly kind: 'spot-price';
      readonly share: number;
      readonly zone?: string | undefined;
    };

/** Answers that are none: a page of HTML, half the JSON, an object of nothing. */
export const badForms = ['html', 'half', 'nothing'] as const;
export type BadForm = (typeof badForms)[number];

/** What befalls calls of an action: always, the next so many times, or by chance. */
export interface CallFault {
  readonly kind: 'error' | 'delay' | 'lost-answer' | 'bad-answer';
  /** Such as `CreateContainerGroup`; `*`: any. */
  readonly action: string;
  /** Calls it still befalls. Default: all until it is cleared. */
  readonly times?: number | undefined;
  /** Share of calls it befalls, 0 to 1. Default 1. */
  readonly share?: number | undefined;
  /** Of an `error`: what is answered. */
  readonly code?: string | undefined;
  /** Of a `delay`: milliseconds before anything is done. */
  readonly ms?: number | undefined;
  /** Of a `bad-answer`: what comes instead once the call is carried out. Default: HTML. */
  readonly form?: BadForm | undefined;
}

/** The HTTP status that goes with a code, as far as codes tell. */
export function statusOfCode(code: string): number {
  if (/^(Internal|Unknown)/.test(code)) return 500;
  if (code === 'ServiceUnavailable') return 503;
  if (code.endsWith('NotFound')) return 404;
  const forbidden =
    /^(OperationDenied|Forbidden|Zone\.|Spot\.|QuotaExceeded|Throttling\.Vcpu|NoPermission|InvalidAccessKeyId\.Inactive|SecurityRisk)|IpNotEnough$/;
  return forbidden.test(code) ? 403 : 400;
}

/** Reads a fault as the panel takes it. Throws `EciError` naming the field that is wrong. */
export function parseFault(body: unknown): Fault {
  const fields = new Fields(body);
  switch (
    fields.word('kind', ['error', 'delay', 'lost-answer', 'bad-answer', 'no-stock', 'lag', 'omit', 'spot-price'])
  ) {
    case 'error':
      return { kind: 'error', ...callFields(fields), code: fields.text('code', true) };
    case 'delay':
      return { kind: 'delay', ...callFields(fields), ms: fields.number('ms', 600_000, true) };
    case 'lost-answer':
      return { kind: 'lost-answer', ...callFields(fields) };
    case 'bad-answer':
      return { kind: 'bad-answer', ...callFields(fields), form: fields.word('form', badForms, 'html') };
    case 'no-stock': {
      const spec = fields.text('spec');
      if (spec !== undefined) parseSpec(spec);
      return {
        kind: 'no-stock',
        zone: fields.text('zone'),
        spec,
        spot: fields.boolean('spot'),
        late: fields.boolean('late'),
      };
    }
    case 'lag':
      return { kind: 'lag', ms: fields.number('ms', 600_000, true) };
    case 'omit':
      return { kind: 'omit', share: fields.number('share', 1, true) };
    case 'spot-price':
      return { kind: 'spot-price', share: fields.number('share', 10, true), zone: fields.text('zone') };
  }
}

/** `2-4Gi` as 2 vCPU and 4 GiB. Throws `EciError`. */
export function parseSpec(text: string): { cpu: number; memory: number } {
  const [, cpu, memory] = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)Gi$/.exec(text) ?? [];
  if (cpu === undefined) throw invalidParameter('spec', 'must be vCPUs and GiB such as 2-4Gi');
  return { cpu: Number(cpu), memory: Number(memory) };
}

function callFields(fields: Fields): Pick<CallFault, 'action' | 'times' | 'share'> {
  return {
    action: fields.text('action') ?? '*',
    times: fields.number('times', 1e6),
    share: fields.number('share', 1),
  };
}

/** The fields of a JSON object that came from outside. */
class Fields {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(body: unknown) {
    if (typeof body !== 'object' || body === null) throw invalidParameter('body', 'must be a JSON object');
    this.#values = body as Readonly<Record<string, unknown>>;
  }

  word<W extends string>(name: string, words: readonly W[], otherwise?: W): W {
    const found = words.find((word) => word === (this.#values[name] ?? otherwise));
    if (found === undefined) throw invalidParameter(name, `must be one of ${words.join(', ')}`);
    return found;
  }

  text(name: string): string | undefined;
  text(name: string, required: true): string;
  text(name: string, required = false): string | undefined {
    const value = this.#values[name];
    if (value === undefined && !required) return undefined;
    if (typeof value !== 'string' || value === '' || value.length > 200) throw invalidParameter(name, 'must be a text');
    return value;
  }

  number(name: string, max: number): number | undefined;
  number(name: string, max: number, required: true): number;
  number(name: string, max: number, required = false): number | undefined {
    const value = this.#values[name];
    if (value === undefined && !required) return undefined;
    if (typeof value !== 'number' || !(value >= 0 && value <= max)) {
      throw invalidParameter(name, `must be a number from 0 to ${max}`);
    }
    return value;
  }

  boolean(name: string): boolean | undefined {
    const value = this.#values[name];
    if (value !== undefined && typeof value !== 'boolean') throw invalidParameter(name, 'must be true or false');
    return value;
  }
}
