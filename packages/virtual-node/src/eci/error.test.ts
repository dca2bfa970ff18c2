import { describe, expect, it } from 'vitest';
import { type Remedy, eciError } from './error.ts';

/** What ECI may say of a creation (serverless-node.md, section 2.5), and of any call. */
const codes: Readonly<Record<Remedy, string>> = {
  'look-elsewhere': `
    OperationDenied.NoStock Zone.NotOnSale InvalidVSwitchId.IpNotEnough Spot.NotMatched
    RecommendEmpty.InstanceTypeFamilyNotMatched InvalidInstanceTypeForEciBuy InvalidInstanceTypeForEciSpotDurationBuy
    InvalidSpotCpuMemorySpec HighCpuMemConfigRequired`,
  'back-off': `
    Throttling Throttling.User EipPurchaseFlowControl Degrade.Api InternalError ServiceUnavailable
    IdempotentParameterMismatch OperationConflict ECONNREFUSED ETIMEDOUT SomethingNew`,
  'wait-for-a-person': `
    QuotaExceeded Throttling.Vcpu.PerDay Forbidden.UserBussinessStatus Forbidden.UserNotRealNameAuthentication
    Forbidden.AccountClosed Forbidden.RiskControl Forbidden.SubUser Forbidden.OnlyForInvitedTest FeatureAccessRestricted
    CreateServiceLinkedRole.Denied InvalidUser.PassRoleForbidden NoPermission SecurityRisk.3DVerification Account.Arrearage
    InvalidPaymentMethod.InsufficientBalance Payfor.CreditPayInsufficientBalance EipPayInsufficientBalance
    ServiceNotEnabled OperationFailed.RiskControl RISK.RISK_CONTROL_REJECTION`,
  'change-request': `
    InvalidParameter.CPU.Memory InvalidParameter.DuplicatedName InvalidParameter.DuplicatedVolumeName IncorrectStatus
    IncorrectOperation ImageSnapshot.IncorrectStatus ImageSnapshot.NotSupport ImageSnapshot.NotFound
    DiskVolume.NotSupport DiskVolume.NotInSameZone DiskNumber.LimitExceed RamRole.NotSupport InstanceTypeNotMatchCpuArch
    FeatureBasedConstraintConflict PrivateIpAddress.Already.InUse LocalDiskAmountNotMatch Ipv6AddressNotSupport
    JobInstanceNotSupport PrivatePoolInstanceSpotNotSupport OperationDenied.VswZoneMisMatch
    OperationDenied.SecurityGroupMisMatch InvalidOperation.ResourceManagedByCloudProduct
    InvalidParameter.KMS.KeyId.Forbidden InvalidParameter.KMS.KeyId.NotFound InvalidDiskId.NotFound MissingParameter`,
  'mend-credentials': `
    InvalidAccessKeyId.NotFound InvalidAccessKeyId.Inactive SignatureDoesNotMatch IncompleteSignature
    InvalidSecurityToken.Expired MissingSecurityToken InvalidTimeStamp.Expired`,
};

describe("ECI's refusals", () => {
  it.each(Object.entries(codes))('call for: %s', (remedy, all) => {
    for (const code of all.trim().split(/\s+/)) {
      const error = eciError(Object.assign(new Error(`${code}: code: 400, it was refused request id: R-1`), { code }));
      expect([error.code, error.remedy, error.message]).toEqual([code, remedy, 'it was refused']);
    }
  });

  it('are told without the call, which has secrets in it', () => {
    const reset = 'socket hang upPOST http://eci.example/?Container.1.EnvironmentVar.1.Value=hunter2 failed.';
    const late = 'ReadTimeout(10000). POST https://eci.example/?Password=hunter2 failed.';
    const told = [reset, late].map((message) => eciError(Object.assign(new Error(message), { code: 'ECONNRESET' })));
    expect(told.map(({ message }) => message)).toEqual(['socket hang up', 'ReadTimeout(10000)']);
    const code = 'SignatureDoesNotMatch';
    const signed = 'server string to sign is:POST&%2F&Container.1.EnvironmentVar.1.Value%3Dhunter2';
    const wrong = new Error(`${code}: code: 400, The signature is not matched. ${signed} request id: R-1`);
    expect(eciError(Object.assign(wrong, { code })).message).toBe('The signature is not matched');
  });
});
