import { readFileSync } from 'node:fs';
import { UserError, messageOf } from '@ebb/base';
import type { KubeletOptions } from '@ebb/virtual-node';
import type { RunSettings } from './settings.ts';

/** The certificate and its key as texts. Throws `UserError` if a file cannot be read. */
export function readServing(files: NonNullable<RunSettings['kubeletServing']>): NonNullable<KubeletOptions['serving']> {
  const read = (flag: string, path: string): string => {
    try {
      return readFileSync(path, 'utf8');
    } catch (cause) {
      throw new UserError(`${flag} ${path}: ${messageOf(cause)}`, { cause });
    }
  };
  return {
    certificate: read('--kubelet-certificate', files.certificate),
    key: read('--kubelet-key', files.key),
  };
}
