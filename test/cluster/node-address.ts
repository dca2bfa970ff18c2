import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { promisify } from 'node:util';

/** An address for nodes, until it is disposed of. */
export interface NodeAddress extends AsyncDisposable {
  readonly address: string;
}

const run = promisify(execFile);

/**
 * An address of this machine that is none of 127.0.0.0/8: kube-apiserver passes no requests on to nodes that have such
 * (`nodes/proxy`). It is on the loopback interface all the same, out of what is set aside for measurements (RFC 2544): nobody else
 * reaches it. Undefined where it cannot be had: elsewhere than on Linux, and for who is not root.
 */
export async function openNodeAddress(): Promise<NodeAddress | undefined> {
  const address = `198.${18 + randomInt(2)}.${randomInt(256)}.${1 + randomInt(254)}`;
  const change = (verb: 'add' | 'del'): Promise<unknown> => run('ip', ['address', verb, `${address}/32`, 'dev', 'lo']);
  try {
    await change('add');
  } catch {
    return undefined; // The stories that need it are left out then.
  }
  return { address, [Symbol.asyncDispose]: async () => void (await change('del')) };
}
