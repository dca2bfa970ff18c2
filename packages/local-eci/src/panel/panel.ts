import { timingSafeEqual } from 'node:crypto';
import { type Clock, messageOf } from '@ebb/base';
import { makeBill } from '../billing/bill.ts';
import { type Coupon, parseCoupon } from '../billing/coupon.ts';
import { parseFault } from '../faults/fault.ts';
import type { Faults } from '../faults/faults.ts';
import type { Group } from '../groups/group.ts';
import type { GroupStore } from '../groups/store.ts';
import { usualNoticeMs } from '../placement/spot-watch.ts';
import { EciError, invalidParameter } from '../wire/error.ts';
import type { SignedCall } from '../wire/signature.ts';

/** Below it is what the real ECI has not. */
export const panelPath = '/ebb/';

interface PanelOptions {
  readonly store: GroupStore;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly token: string;
}

type Panel = (call: SignedCall) => object;

/**
 * The panel of the local ECI, for those who bring the token:
 * `GET|POST /ebb/faults`, `DELETE /ebb/faults[/<id>]`, `GET /ebb/groups`, `POST /ebb/groups/<id or pod>/<reclaim|kill|delete>`,
 * `GET /ebb/bill?currency=CNY&since=<ms>&until=<ms>&coupons=<coupon>;<coupon>`. Throws `EciError`.
 */
export function createPanel(options: PanelOptions): Panel {
  return (call) => {
    checkToken(call, options.token);
    const [topic, name, deed] = call.path.slice(panelPath.length).split('/').map(decodeURIComponent);
    switch (`${call.method} ${topic ?? ''}${name === undefined ? '' : '/'}${deed === undefined ? '' : '/'}`) {
      case 'GET faults':
        return { faults: options.faults.list() };
      case 'POST faults':
        return options.faults.add(parseFault(bodyOf(call)));
      case 'DELETE faults':
        return { cleared: options.faults.clear() };
      case 'DELETE faults/':
        return { cleared: options.faults.clear(name) };
      case 'GET groups':
        return { groups: options.store.list().map(describe) };
      case 'POST groups//':
        return befall(name ?? '', deed ?? '', call, options);
      case 'GET bill':
        return bill(call, options);
      default:
        throw new EciError('InvalidAction.NotFound', 'The panel has nothing of that name.', 404);
    }
  };
}

/** Does something to one instance, named by its id or its pod, `name` or `namespace/name`. */
function befall(name: string, deed: string, call: SignedCall, { store, clock }: PanelOptions): object {
  const group = store.list().find((each) => !each.isFinal && isNamed(each, name));
  if (!group) throw new EciError('InvalidContainerGroupId.NotFound', `There is no running group or pod ${name}.`, 404);
  switch (deed) {
    case 'reclaim': {
      const { noticeMs = usualNoticeMs, force = false } = bodyOf(call) as { noticeMs?: number; force?: boolean };
      checkReclaim(group, { force, nowMs: clock.now() });
      if (typeof noticeMs !== 'number' || !(noticeMs >= 0)) throw invalidParameter('noticeMs', 'must be a number');
      group.reclaim(noticeMs);
      break;
    }
    case 'kill':
      group.kill();
      break;
    case 'delete':
      store.delete(group);
      break;
    default:
      throw new EciError('InvalidAction.NotFound', 'There are reclaim, kill and delete.', 404);
  }
  return describe(group);
}

function checkReclaim(group: Group, { force, nowMs }: { readonly force: boolean; readonly nowMs: number }): void {
  if (!group.spec.spot) throw new EciError('IncorrectStatus', 'It is no spot instance: it is never taken back.');
  if (force || group.protectedUntilMs <= nowMs) return;
  const until = new Date(group.protectedUntilMs).toISOString();
  throw new EciError('IncorrectStatus', `It is not taken back before ${until}, unless by force.`);
}

function bill({ query }: SignedCall, { store, clock }: PanelOptions): object {
  const currency = query.get('currency') ?? 'CNY';
  if (currency !== 'CNY' && currency !== 'USD') throw invalidParameter('currency', 'must be CNY or USD');
  const moment = (name: string): number | undefined => {
    const text = query.get(name);
    if (text === undefined) return undefined;
    if (!/^\d{1,16}(\.\d+)?$/.test(text)) throw invalidParameter(name, 'must be milliseconds since the epoch');
    return Number(text);
  };
  const nowMs = clock.now();
  const period = { sinceMs: moment('since'), untilMs: moment('until') };
  const coupons = (query.get('coupons') ?? '').split(';').filter(Boolean).map(couponOf);
  return { currency, nowMs, items: makeBill(store.usages(), { currency, nowMs, coupons, ...period }) };
}

function couponOf(text: string): Coupon {
  try {
    return parseCoupon(text);
  } catch (error) {
    throw invalidParameter('coupons', messageOf(error));
  }
}

function describe(group: Group): object {
  const { placement, spec, state } = group;
  return {
    id: group.id,
    name: spec.name,
    pod: podOf(group),
    status: group.status,
    zone: placement.zoneId,
    cpu: placement.size.cpu,
    memory: placement.size.memory,
    instanceType: placement.instanceType,
    spot: spec.spot?.strategy,
    ip: state.ip,
    createdAtMs: group.createdAtMs,
    expiresAtMs: group.expiresAtMs,
  };
}

function podOf({ spec }: Group): string {
  const tag = (key: string): string => spec.tags.find((each) => each.key === key)?.value ?? '';
  return `${tag('NameSpace')}/${tag('PodName')}`;
}

function isNamed(group: Group, name: string): boolean {
  const pod = podOf(group);
  return group.id === name || group.spec.name === name || pod === name || pod.endsWith(`/${name}`);
}

function bodyOf({ body }: SignedCall): unknown {
  if (body.length === 0) return {};
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // Told below, as for what is JSON and no object.
  }
  throw invalidParameter('body', 'must be a JSON object');
}

function checkToken({ headers }: SignedCall, token: string): void {
  const [said, wanted] = [headers.get('authorization') ?? '', `Bearer ${token}`].map((text) => Buffer.from(text));
  if (said && wanted && said.length === wanted.length && timingSafeEqual(said, wanted)) return;
  throw new EciError('InvalidSecurityToken', 'The panel wants its token: Authorization: Bearer …', 403);
}
