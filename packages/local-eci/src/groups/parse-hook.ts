import type { HookSpec } from '../model.ts';
import { invalidParameter } from '../wire/error.ts';
import type { Parameters } from '../wire/parameters.ts';
import { present } from './present.ts';
import { requiredPort } from './require-port.ts';

const maxWords = 20;
const maxHeaders = 20;

/** Reads what a container is to do at that moment: its fields stand beside the container's others. Throws `EciError`. */
export function parseHook(parameters: Parameters, moment: 'PostStart' | 'PreStop'): HookSpec | undefined {
  const field = (name: string): string => `Lifecycle${moment}Handler${name}`;
  const given = (name: string): boolean => parameters.string(field(name)) !== undefined;
  const command = parameters.strings(field('Exec'), { max: maxWords, maxLength: 4096 });
  const isHttp = given('HttpGetPort') || given('HttpGetPath');
  const isTcp = given('TcpSocketPort');
  if ([command.length > 0, isHttp, isTcp].filter(Boolean).length > 1) {
    throw invalidParameter(parameters.nameOf(field('Exec')), 'a hook does one thing');
  }
  if (command.length > 0) return { action: { kind: 'exec', command } };
  if (isTcp) {
    const action = { kind: 'tcp', port: requiredPort(parameters, field('TcpSocketPort')) } as const;
    return { action, ...present({ host: parameters.string(field('TcpSocketHost')) }) };
  }
  if (!isHttp) return undefined;
  const headers = parameters
    .list(field('HttpGetHttpHeader'), { max: maxHeaders })
    .map((header) => ({ name: header.required('Name'), value: header.string('Value') ?? '' }));
  const action = {
    kind: 'http',
    path: parameters.string(field('HttpGetPath')) ?? '/',
    port: requiredPort(parameters, field('HttpGetPort')),
    scheme: parameters.word(field('HttpGetScheme'), ['HTTP', 'HTTPS']) ?? 'HTTP',
    ...(headers.length > 0 ? { headers } : {}),
  } as const;
  return { action, ...present({ host: parameters.string(field('HttpGetHost')) }) };
}
