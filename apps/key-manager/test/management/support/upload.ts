import { randomUUID } from 'node:crypto';

/** A form with one file, `certificate`, as `world.call` sends it. Files are PEM here, so text is enough. */
export function upload(certificate: string | undefined, fields: Readonly<Record<string, string>> = {}) {
  const boundary = `edge-${randomUUID()}`;
  const part = (head: string, content: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`;
  const parts = Object.entries(fields).map(([name, value]) => part(`name="${name}"`, value));
  if (certificate !== undefined) parts.push(part('name="certificate"; filename="c.pem"', certificate));
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: `${parts.join('')}--${boundary}--\r\n`,
  };
}

/** Valid until 2126; its key is nobody's. */
export const samplePem = `-----BEGIN CERTIFICATE-----
MIIBKDCB0KADAgECAggaBDwm+t/BPTAKBggqhkjOPQQDAjARMQ8wDQYDVQQDEwZz
YW1wbGUwIBcNMjAwMTAxMDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMBExDzANBgNV
BAMTBnNhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGWlLydOaFagPW1a
JYpC/C7UWkfnYftpt0kpqYCRVPnqj3hXHVlsgmH3GBcC98kuMGL/jF5zopiR6Dcz
AmAE5oSjEDAOMAwGA1UdEwEB/wQCMAAwCgYIKoZIzj0EAwIDRwAwRAIgcIY9u1dR
YhnXBjaB5yyTzUJBBN/NCMrHOJ1dlOpbDnoCIDPU5Rht08pXcEl78ruFMxfQ/HvZ
pDByLtM6uqUuRG3J
-----END CERTIFICATE-----
`;
