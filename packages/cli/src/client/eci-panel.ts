import { isNotFound, resources, systemNamespace } from '@ebb/api';
import { UserError } from '@ebb/base';
import type { KubeClient } from '@ebb/kube';

/** Where the panel of a local ECI is, and what opens it. */
export interface PanelAddress {
  readonly endpoint: string;
  readonly token: string;
}

/** A local ECI for those who call its actions by themselves, too. */
export interface LocalEciAddress extends PanelAddress {
  readonly regionId: string;
  /** By which calls are signed. */
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

/** A fault as the panel takes it: `kind` and what belongs to that. */
export type FaultWish = Readonly<Record<string, string | number | boolean | undefined>> & { readonly kind: string };

export interface ActiveFault {
  readonly id: string;
  readonly fault: FaultWish;
  readonly hits: number;
}

export interface PanelGroup {
  readonly id: string;
  /** `namespace/name`. */
  readonly pod: string;
  readonly status: string;
  readonly zone: string;
  readonly cpu: number;
  readonly memory: number;
  readonly instanceType?: string;
  readonly spot?: string;
  readonly ip?: string;
  readonly createdAtMs: number;
}

export interface PanelBill {
  readonly currency: string;
  /** True if it was reckoned from what virtual nodes noted, and not by the ECI that ran the instances. */
  readonly estimate?: boolean;
  readonly nowMs: number;
  readonly items: readonly PanelBillItem[];
}

export interface PanelBillItem {
  readonly groupId: string;
  readonly zoneId: string;
  readonly namespace: string;
  readonly pod: string;
  readonly service: string;
  readonly revision: string;
  readonly fromMs: number;
  readonly untilMs?: number | undefined;
  readonly seconds: number;
  readonly price: number;
  readonly discount: number;
  readonly amount: number;
}

export interface BillWish {
  readonly currency: 'CNY' | 'USD';
  /** Milliseconds since the epoch. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** Reserved instances' coupons, as `parseCoupon` reads them. Default: none. */
  readonly coupons?: readonly string[] | undefined;
}

/** The panel of a local ECI. Every call rejects with `UserError` in the panel's words. */
export interface EciPanel {
  faults(): Promise<readonly ActiveFault[]>;
  addFault(fault: FaultWish): Promise<ActiveFault>;
  /** Ends one fault, or all; returns how many. */
  clearFaults(id?: string): Promise<number>;
  groups(): Promise<readonly PanelGroup[]>;
  /** Does something to the instance of that id, or of that pod. */
  befall(
    name: string,
    deed: 'reclaim' | 'kill' | 'delete',
    options?: { readonly noticeMs?: number | undefined; readonly force?: boolean },
  ): Promise<PanelGroup>;
  bill(wish: BillWish): Promise<PanelBill>;
}

const secretName = 'ebb-local-eci';

/** Tells the cluster's users, by a Secret in `knative-serving`, where the local ECI is, and what opens it. */
export async function announcePanel(client: KubeClient, address: LocalEciAddress): Promise<void> {
  const metadata = { name: secretName, namespace: systemNamespace };
  const { endpoint, token, regionId, accessKeyId, accessKeySecret } = address;
  const told = { endpoint, token, regionId, accessKeyId, accessKeySecret };
  const data = Object.fromEntries(Object.entries(told).map(([key, text]) => [key, toBase64(text)]));
  const body = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data };
  await client.patch(resources.secrets, metadata, { type: 'apply', body, force: true }, { fieldManager: 'ebb-eci' });
}

/** The panel of the local ECI behind a cluster. Rejects with `UserError` if it has none. */
export async function findPanel(client: KubeClient): Promise<EciPanel> {
  const panel = await panelOf(client);
  if (panel) return panel;
  throw new UserError('this cluster tells of no local ECI: those of ebb dev and ebb run --local-eci do');
}

/** The panel of the local ECI behind a cluster; undefined if it has none. */
export async function panelOf(client: KubeClient): Promise<EciPanel | undefined> {
  try {
    const secret = await client.get(resources.secrets, { namespace: systemNamespace, name: secretName });
    const { endpoint = '', token = '' } = secret.data ?? {};
    return connectPanel({ endpoint: fromBase64(endpoint), token: fromBase64(token) });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export function connectPanel({ endpoint, token }: PanelAddress): EciPanel {
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const headers = { authorization: `Bearer ${token}` };
    const init = body ? { method, headers, body: JSON.stringify(body) } : { method, headers };
    const response = await fetch(`http://${endpoint}/ebb/${path}`, init).catch((cause: unknown) => {
      throw new UserError(`the local ECI at ${endpoint} does not answer: is it on this machine, and running?`, {
        cause,
      });
    });
    const answer = (await response.json()) as T & { readonly Message?: string };
    if (response.ok) return answer;
    throw new UserError(answer.Message ?? `the local ECI answered ${response.status}`);
  };
  return {
    faults: async () => (await call<{ faults: ActiveFault[] }>('GET', 'faults')).faults,
    addFault: (fault) => call('POST', 'faults', fault),
    clearFaults: async (id) => {
      const path = id === undefined ? 'faults' : `faults/${encodeURIComponent(id)}`;
      return (await call<{ cleared: number }>('DELETE', path)).cleared;
    },
    groups: async () => (await call<{ groups: PanelGroup[] }>('GET', 'groups')).groups,
    befall: (name, deed, options = {}) => call('POST', `groups/${encodeURIComponent(name)}/${deed}`, options),
    bill: ({ currency, sinceMs, untilMs, coupons = [] }) => {
      const query = new URLSearchParams({ currency });
      if (sinceMs !== undefined) query.set('since', String(sinceMs));
      if (untilMs !== undefined) query.set('until', String(untilMs));
      if (coupons.length > 0) query.set('coupons', coupons.join(';'));
      return call('GET', `bill?${query.toString()}`);
    },
  };
}

const toBase64 = (text: string): string => Buffer.from(text).toString('base64');
const fromBase64 = (text: string): string => Buffer.from(text, 'base64').toString('utf8');
