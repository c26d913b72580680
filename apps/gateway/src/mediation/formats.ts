import { isIP } from 'node:net';

const date = /^(\d{4})-(\d\d)-(\d\d)$/;
const time = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i;

function isDate(text: string): boolean {
  const [, year, month, day] = (date.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  const read = new Date(Date.UTC(year, month - 1, day));
  return read.getUTCMonth() === month - 1 && read.getUTCDate() === day;
}

/** The formats of OpenAPI that are checked; others are taken as they come. None of them can be made slow. */
export const formats = {
  date: isDate,
  'date-time': (text: string) =>
    text.length <= 40 && isDate(text.slice(0, 10)) && /^[Tt ]/.test(text[10] ?? '') && time.test(text.slice(11)),
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  email: (text: string) => text.length <= 320 && /^[^\s@]{1,64}@[^\s@]{1,255}$/.test(text),
  ipv4: (text: string) => isIP(text) === 4,
  ipv6: (text: string) => isIP(text) === 6,
  uri: (text: string) => /^[a-z][a-z0-9+.-]{0,30}:/i.test(text) && URL.canParse(text),
  int32: { type: 'number', validate: (value: number) => Number.isInteger(value) && Math.abs(value + 0.5) < 2 ** 31 },
  int64: { type: 'number', validate: (value: number) => Number.isInteger(value) },
} as const;
