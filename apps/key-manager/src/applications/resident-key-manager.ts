/** The key manager every tenant has: this server (WSO2). */
export const residentKeyManager = {
  id: '6e26f45d-7a0c-4c3b-9e0c-6a3b1f0f5a10',
  name: 'Resident Key Manager',
  type: 'default',
} as const;
