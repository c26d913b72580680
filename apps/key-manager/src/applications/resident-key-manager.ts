import { Refusal } from '../refusal.js';

/** The key manager every tenant has: this server (WSO2). */
export const residentKeyManager = {
  id: '6e26f45d-7a0c-4c3b-9e0c-6a3b1f0f5a10',
  name: 'Resident Key Manager',
  type: 'default',
} as const;

/** Absent, by name or by id; there is no other one yet. */
export function requireResidentKeyManager(named: string | null | undefined): void {
  if (!named || named === residentKeyManager.name || named === residentKeyManager.id) return;
  throw new Refusal('key_manager_unknown', `Key Manager ${named} not found`);
}
