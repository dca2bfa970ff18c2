import { type ConfigMap, type ServingConfig, defaultServingConfig, parseServingConfig } from '@ebb/api';
import { type Logger, messageOf } from '@ebb/base';
import type { Informer, InformerEvent } from '@ebb/kube';
import { type Observable, Subject } from 'rxjs';

type MapData = Readonly<Record<string, string>>;

/** The settings in force, read live from Knative's ConfigMaps. */
export interface ConfigStore {
  /** The last good settings; the defaults before any map was seen. */
  readonly current: ServingConfig;
  /** Tells of every change of `current`. */
  readonly changes: Observable<ServingConfig>;
  /** Follows the informer until disposed; to be called before the informer runs. */
  follow(informer: Informer<ConfigMap>): Disposable;
}

/** A store that starts with the defaults. A map that does not parse changes nothing and is logged as a warning. */
export function createConfigStore(logger: Logger): ConfigStore {
  return new LastGoodConfig(logger);
}

class LastGoodConfig implements ConfigStore {
  readonly #logger: Logger;
  readonly #changes = new Subject<ServingConfig>();
  readonly changes: Observable<ServingConfig> = this.#changes.asObservable();
  #maps: Readonly<Record<string, MapData | undefined>> = {};
  #current = defaultServingConfig;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get current(): ServingConfig {
    return this.#current;
  }

  follow(informer: Informer<ConfigMap>): Disposable {
    const subscription = informer.events.subscribe((event) => this.#take(event));
    return { [Symbol.dispose]: () => subscription.unsubscribe() };
  }

  #take({ type, object }: InformerEvent<ConfigMap>): void {
    const { name = '' } = object.metadata;
    const maps = { ...this.#maps, [name]: type === 'deleted' ? undefined : object.data };
    try {
      this.#current = parseServingConfig(maps);
    } catch (error) {
      this.#logger.warn(
        { configMap: name, error: messageOf(error) },
        'a ConfigMap is not valid; the old one stays in force',
      );
      return;
    }
    this.#maps = maps;
    this.#changes.next(this.#current);
  }
}
