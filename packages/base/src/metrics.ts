import { AggregatorRegistry, Registry, type RegistryContentType } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

/** What was counted elsewhere, for a histogram. */
export interface Distribution {
  /** Upper bounds of the buckets, in the unit that the name speaks of. */
  readonly bounds: readonly number[];
  /** Values of each bucket that are in none before it; the last is of those beyond all bounds. */
  readonly buckets: readonly number[];
  readonly count: number;
  readonly sum: number;
}

interface Sample {
  readonly labels: Labels;
  readonly value: number;
  readonly metricName?: string;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  /** How several of one name are put together; there is one. */
  readonly aggregator: 'first';
  readonly values: Sample[];
}

/** What there is to tell at one moment, for Prometheus: whoever knows something adds it, under names that others do not use. */
export class Exposition {
  /** Of what `text` returns. */
  static readonly contentType: string = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #families = new Map<string, Family>();

  /** @param help What it is, in a line; that of the first sample counts. */
  gauge(name: string, help: string, labels: Labels, value: number): void {
    this.#family(name, help, 'gauge').push({ labels, value });
  }

  counter(name: string, help: string, labels: Labels, value: number): void {
    this.#family(name, help, 'counter').push({ labels, value });
  }

  histogram(name: string, help: string, labels: Labels, { bounds, buckets, count, sum }: Distribution): void {
    const samples = this.#family(name, help, 'histogram');
    const bucket = (le: string, value: number): void => {
      samples.push({ labels: { ...labels, le }, value, metricName: `${name}_bucket` });
    };
    let below = 0;
    for (const [i, bound] of bounds.entries()) bucket(String(bound), (below += buckets[i] ?? 0));
    bucket('+Inf', count);
    samples.push({ labels, value: sum, metricName: `${name}_sum` });
    samples.push({ labels, value: count, metricName: `${name}_count` });
  }

  /** All of it, in Prometheus' text format: each name once, with all its samples behind it. */
  text(): Promise<string> {
    return AggregatorRegistry.aggregate<RegistryContentType>([[...this.#families.values()]]).metrics();
  }

  #family(name: string, help: string, type: Family['type']): Sample[] {
    const known = this.#families.get(name);
    if (known) return known.values;
    const values: Sample[] = [];
    this.#families.set(name, { name, help, type, aggregator: 'first', values });
    return values;
  }
}

/** What somebody tells, as `Exposition.text` has it. */
export async function textOf(tell: (out: Exposition) => void | Promise<void>): Promise<string> {
  const out = new Exposition();
  await tell(out);
  return out.text();
}
