/** Where each REST API lives (WSO2 API Manager 4.x). */
export const prefixes = {
  dcr: '/client-registration',
  devportal: '/api/am/devportal/v3',
  publisher: '/api/am/publisher/v4',
  admin: '/api/am/admin/v4',
  scim: '/scim2',
} as const;
