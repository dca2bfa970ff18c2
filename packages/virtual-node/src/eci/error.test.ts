import { expect, it } from 'vitest';
import { eciError } from './error.ts';

it.each([
  ['Throttling', 'back-off'],
  ['OperationDenied.NoStock', 'back-off'],
  ['ECONNREFUSED', 'back-off'],
  ['QuotaExceeded', 'wait-for-a-person'],
  ['Account.Arrearage', 'wait-for-a-person'],
  ['Throttling.Vcpu.PerDay', 'wait-for-a-person'],
  ['InvalidParameter.DuplicatedName', 'change-request'],
])('takes %s for a case of %s', (code, remedy) => {
  const error = eciError(Object.assign(new Error(`${code}: code: 400, it was refused request id: R-1`), { code }));
  expect([error.code, error.remedy, error.message]).toEqual([code, remedy, 'it was refused']);
});
