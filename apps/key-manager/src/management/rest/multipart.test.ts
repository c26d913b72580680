import { describe, expect, it } from 'vitest';
import { readForm, UploadedFile } from './multipart.js';

const type = 'multipart/form-data; boundary=edge';
const part = (head: string, content: string) =>
  `--edge\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`;
const form = (...parts: string[]) => Buffer.from(`${parts.join('')}--edge--\r\n`);

describe('a form', () => {
  it('is read into fields and files', async () => {
    const file = part('name="file"; filename="a.json"\r\nContent-Type: application/json', '{"a":1}');
    expect(await readForm(type, form(part('name="tier"', 'Göld'), file))).toEqual({
      tier: 'Göld',
      file: new UploadedFile('a.json', 'application/json', Buffer.from('{"a":1}')),
    });
    expect(await readForm('multipart/form-data; boundary="edge"', form(part('name="a"', '')))).toEqual({ a: '' });
  });

  it('keeps the bytes of a file as they are', async () => {
    const bytes = Buffer.from([0, 255, 13, 10, 128, 45, 45]);
    const head = Buffer.from('--edge\r\nContent-Disposition: form-data; name="f"; filename="b"\r\n\r\n');
    const read = await readForm(type, Buffer.concat([head, bytes, Buffer.from('\r\n--edge--\r\n')]));
    expect((read.f as UploadedFile).bytes.equals(bytes)).toBe(true);
  });

  it.each([
    ['without a boundary', 'multipart/form-data', form(part('name="a"', '1'))],
    ['of another boundary', 'multipart/form-data; boundary=other', form(part('name="a"', '1'))],
    ['that is cut off', type, form(part('name="a"', '1')).subarray(0, 40)],
    ['that is no form', type, Buffer.from('{"a":1}')],
    ['with a name twice', type, form(part('name="a"', '1'), part('name="a"', '2'))],
    ['with too many parts', type, form(...Array.from({ length: 33 }, (_, at) => part(`name="${at}"`, '')))],
  ])('%s is refused', async (_, contentType, body) => {
    await expect(readForm(contentType, body)).rejects.toMatchObject({ error: { status: 400 } });
  });

  it('does not make its names members of every object', async () => {
    const read = await readForm(type, form(part('name="__proto__"', 'x')));
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });
});
