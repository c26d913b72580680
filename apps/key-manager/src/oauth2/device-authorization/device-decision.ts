import { isExpired } from '../lifetimes.js';
import type { Client, CodeRecord } from '../model.js';
import type { ClientStore, Clock, CodeStore } from '../ports.js';
import { type DeviceApproval, deviceSessionBody, readDeviceSession } from './device-session.js';
import { readUserCode, userCodeHash } from './user-code.js';

/** A device that waits for its user. */
export interface WaitingDevice {
  readonly client: Client;
  readonly scope: readonly string[];
  /** As it was handed out. */
  readonly userCode: string;
  readonly deviceHash: Buffer;
}

export interface DeviceDecisionDeps {
  readonly codes: CodeStore;
  readonly clients: ClientStore;
  readonly clock: Clock;
}

const attempts = 5;

/** What the page at `verification_uri` does with what users type and decide (RFC 8628 §3.3). */
export function deviceDecisions({ codes, clients, clock }: DeviceDecisionDeps) {
  const isOpen = (code: CodeRecord | undefined): code is CodeRecord =>
    code !== undefined && code.redeemedAt === undefined && !isExpired(code.expiresAt, clock.now());

  /** Undefined for every code that can't be used, whatever the reason. */
  async function find(typed: string): Promise<WaitingDevice | undefined> {
    const userCode = readUserCode(typed);
    if (userCode === undefined) return undefined;
    const code = await codes.findCode('user_code', userCodeHash(userCode));
    if (!isOpen(code)) return undefined;
    const deviceHash = Buffer.from(String(code.body.device), 'hex');
    const device = await codes.findCode('device_code', deviceHash);
    if (!isOpen(device) || readDeviceSession(device).decision !== 'pending') return undefined;
    const client = await clients.findClient(device.clientId);
    if (!client?.active) return undefined;
    return { client, scope: readDeviceSession(device).scope, userCode, deviceHash };
  }

  /** Settles it, once; false when it was settled or ran out meanwhile. Without an approval the device is refused. */
  async function settle(device: WaitingDevice, approval: DeviceApproval | undefined): Promise<boolean> {
    if (!(await codes.takeCode('user_code', userCodeHash(device.userCode)))) return false;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const code = await codes.findCode('device_code', device.deviceHash);
      if (!isOpen(code)) return false;
      const state = readDeviceSession(code);
      if (state.decision !== 'pending') return false;
      const body = deviceSessionBody({ ...state, decision: approval ? 'approved' : 'denied', approval });
      // The device may have asked in between, which is a new version of the same.
      if (await codes.changeCode('device_code', device.deviceHash, code.version, body)) return true;
    }
    return false;
  }

  return { find, settle };
}
