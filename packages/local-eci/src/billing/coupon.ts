/** A reserved instance's coupon: takes a share of the price of instances of one ECS type in one zone, so many at a time. */
export interface Coupon {
  readonly instanceType: string;
  readonly zoneId: string;
  /** Instances it covers at one moment. */
  readonly count: number;
  /** Share of the price it takes off, 0 to 0.5 (serverless-node.md, section 2.7). */
  readonly off: number;
}

const form = /^(?<instanceType>ecs\.[\w.-]+),(?<zoneId>[\w-]+)(?:,(?<count>\d{1,5})(?:,(?<off>0(?:\.\d{1,4})?))?)?$/;
const mostOff = 0.5;

/** Reads `<ECS type>,<zone>[,<instances, 1>[,<share taken off, 0.5>]]`, such as `ecs.g7.xlarge,cn-hangzhou-b,2`. Throws a plain Error. */
export function parseCoupon(text: string): Coupon {
  const { instanceType, zoneId, count = '1', off = String(mostOff) } = form.exec(text)?.groups ?? {};
  if (instanceType === undefined || zoneId === undefined || Number(off) > mostOff) {
    throw new Error(
      `${JSON.stringify(text)} is no coupon: an ECS type, a zone, how many instances and which share (up to ${mostOff}) it takes off, such as ecs.g7.xlarge,cn-hangzhou-b,2,0.5`,
    );
  }
  return { instanceType, zoneId, count: Number(count), off: Number(off) };
}
