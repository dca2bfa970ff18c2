import { type ConfigMap, type KubeClient, resources } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import { type EventRecorder, type Informer, createInformer } from '@ebb/kube';
import type { Eci } from '../eci/eci.ts';
import { EciError } from '../eci/error.ts';
import { checkSelectors } from '../profile/check-selectors.ts';
import { type EciProfile, ProfileError, emptyProfile, parseProfile } from '../profile/profile.ts';

/** Where the profile is, as on ACK. */
const profileNamespace = 'kube-system';
const profileName = 'eci-profile';

interface SourceOptions {
  readonly client: KubeClient;
  readonly eci: Pick<Eci, 'zones'>;
  readonly events: Pick<EventRecorder, 'event'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

/** vSwitches by zone. */
export type Zones = ReadonlyMap<string, readonly string[]>;

/** The last good profile, and the zones of its vSwitches. */
export class ProfileSource {
  profile: EciProfile = emptyProfile;
  /** Undefined until they are known; empty if the profile names none. */
  zones: Zones | undefined;
  readonly #options: SourceOptions;
  readonly #maps: Informer<ConfigMap>;
  #isSynced = false;

  constructor(options: SourceOptions) {
    this.#options = options;
    const { client, clock, logger, random } = options;
    const fieldSelector = `metadata.name=${profileName}`;
    const only = { namespace: profileNamespace, fieldSelector };
    this.#maps = createInformer(client, resources.configMaps, { ...only, clock, logger, random });
    void this.#maps.synced.then(() => (this.#isSynced = true));
  }

  /** Follows the ConfigMap until aborted. */
  run(context: { readonly signal: AbortSignal }): Promise<void> {
    return this.#maps.run(context);
  }

  /** Resolves when it is known whether there is a ConfigMap. */
  get synced(): Promise<void> {
    return this.#maps.synced;
  }

  subscribe(onChange: () => void): { unsubscribe(): void } {
    return this.#maps.events.subscribe(onChange);
  }

  /**
   * Takes in the ConfigMap as it is now. One that cannot be used leaves everything as it was, and gets an event; so does one that cannot
   * be read yet, without. Rejects if the zones could not be asked for: to be tried again.
   */
  async refresh(): Promise<void> {
    if (!this.#isSynced) return;
    const map = this.#maps.get(profileNamespace, profileName);
    if (!map) {
      this.profile = emptyProfile;
      this.zones = new Map();
      return;
    }
    const { events, logger } = this.#options;
    try {
      const profile = parseProfile(map.data ?? {});
      checkSelectors(profile);
      this.zones = await this.#zonesOf(profile);
      this.profile = profile;
    } catch (error) {
      const isBad = error instanceof ProfileError || (error instanceof EciError && error.remedy === 'change-request');
      if (!isBad) throw error;
      logger.warn({ error: messageOf(error) }, 'eci-profile cannot be used; the last good one stays');
      events.event(map, 'Warning', 'InvalidProfile', `${messageOf(error)}; the last good profile stays`);
      return;
    }
    this.#tell(map);
  }

  async #zonesOf({ vSwitchIds }: EciProfile): Promise<Zones> {
    if (vSwitchIds.length === 0) return new Map();
    const zoneOf = await this.#options.eci.zones(vSwitchIds);
    const missing = vSwitchIds.filter((id) => !zoneOf.has(id));
    if (missing.length > 0) throw new ProfileError(`vSwitchIds: there is no ${missing.join(', ')} in this region`);
    const zones = new Map<string, string[]>();
    for (const id of vSwitchIds) {
      const zone = zoneOf.get(id) ?? '';
      zones.set(zone, [...(zones.get(zone) ?? []), id]);
    }
    return zones;
  }

  #tell(map: ConfigMap): void {
    const { events } = this.#options;
    const { ignored } = this.profile;
    const zones = [...(this.zones ?? new Map()).keys()].join(', ') || 'none of its own';
    events.event(map, 'Normal', 'ProfileApplied', `in use for new pods; zones: ${zones}`);
    if (ignored.length === 0) return;
    events.event(map, 'Warning', 'KeysIgnored', `these keys mean nothing here: ${ignored.join(', ')}`);
  }
}
