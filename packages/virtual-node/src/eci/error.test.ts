import { expect, it } from 'vitest';
import { eciError } from './error.ts';

it.each([
  ['Throttling', 'back-off'],
  ['EipPurchaseFlowControl', 'back-off'],
  ['Degrade.Api', 'back-off'],
  ['InternalError', 'back-off'],
  ['ECONNREFUSED', 'back-off'],
  ['IncorrectStatus', 'back-off'],
  ['OperationDenied.NoStock', 'look-elsewhere'],
  ['Zone.NotOnSale', 'look-elsewhere'],
  ['InvalidVSwitchId.IpNotEnough', 'look-elsewhere'],
  ['Spot.NotMatched', 'look-elsewhere'],
  ['RecommendEmpty.InstanceTypeFamilyNotMatched', 'look-elsewhere'],
  ['InvalidInstanceTypeForEciBuy', 'look-elsewhere'],
  ['InvalidSpotCpuMemorySpec', 'look-elsewhere'],
  ['HighCpuMemConfigRequired', 'look-elsewhere'],
  ['QuotaExceeded', 'wait-for-a-person'],
  ['Account.Arrearage', 'wait-for-a-person'],
  ['Payfor.CreditPayInsufficientBalance', 'wait-for-a-person'],
  ['OperationFailed.RiskControl', 'wait-for-a-person'],
  ['InvalidUser.PassRoleForbidden', 'wait-for-a-person'],
  ['Throttling.Vcpu.PerDay', 'wait-for-a-person'],
  ['Forbidden.UserBussinessStatus', 'wait-for-a-person'],
  ['SecurityRisk.3DVerification', 'wait-for-a-person'],
  ['InvalidParameter.DuplicatedName', 'change-request'],
  ['OperationDenied.VswZoneMisMatch', 'change-request'],
  ['ImageSnapshot.NotFound', 'change-request'],
  ['RamRole.NotSupport', 'change-request'],
  ['PrivateIpAddress.Already.InUse', 'change-request'],
  ['InvalidAccessKeyId.NotFound', 'mend-credentials'],
  ['SignatureDoesNotMatch', 'mend-credentials'],
  ['InvalidSecurityToken.Expired', 'mend-credentials'],
])('takes %s for a case of %s', (code, remedy) => {
  const error = eciError(Object.assign(new Error(`${code}: code: 400, it was refused request id: R-1`), { code }));
  expect([error.code, error.remedy, error.message]).toEqual([code, remedy, 'it was refused']);
});
