import { type ConfigMap, type ServingConfig, defaultServingConfig, parseServingConfig } from '@ebb/api';
import { type Logger, messageOf } from '@ebb/base';
import { type EventRecorder, type Informer, type InformerEvent, deepEqual } from '@ebb/kube';
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

/**
 * A store that starts with the defaults. A map that is not valid changes nothing: what it said before stays in force, as a
 * whole, and a Warning event on it says why; those who read along have no `events`, one tells.
 */
export function createConfigStore(logger: Logger, events?: EventRecorder): ConfigStore {
  return new LastGoodConfig(logger, events);
}

class LastGoodConfig implements ConfigStore {
  readonly #logger: Logger;
  readonly #events: EventRecorder | undefined;
  readonly #changes = new Subject<ServingConfig>();
  readonly changes: Observable<ServingConfig> = this.#changes.asObservable();
  #maps: Readonly<Record<string, MapData | undefined>> = {};
  #current = defaultServingConfig;

  constructor(logger: Logger, events: EventRecorder | undefined) {
    this.#logger = logger;
    this.#events = events;
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
    const data = type === 'deleted' ? undefined : object.data;
    // Other maps of the namespace, and edits that change no setting, are no reason to look at every object again.
    if (!isConfigMapName(name) || deepEqual(data, this.#maps[name])) return;
    const maps = { ...this.#maps, [name]: data };
    try {
      this.#current = parseServingConfig(maps);
    } catch (error) {
      this.#refuse(object, messageOf(error));
      return;
    }
    this.#maps = maps;
    this.#changes.next(this.#current);
  }

  #refuse(map: ConfigMap, why: string): void {
    this.#logger.warn(
      { configMap: map.metadata.name, error: why },
      'a ConfigMap is not valid; the old one stays in force',
    );
    this.#events?.event(map, 'Warning', 'InvalidConfiguration', `What was in force before stays so: ${why}`);
  }
}

/** True for the maps that `parseServingConfig` reads. */
function isConfigMapName(name: string): boolean {
  return name.startsWith('config-') && Object.hasOwn(defaultServingConfig, name.slice('config-'.length));
}
