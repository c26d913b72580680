import { z } from 'zod';
import { badRequest } from './problem.js';

/** A file of a form (RFC 7578), read whole: what is uploaded here is small. */
export class UploadedFile {
  constructor(
    readonly fileName: string,
    readonly contentType: string,
    readonly bytes: Buffer,
  ) {}
}

/** A file as a member of a row's `body`. */
export const uploadedFile = z
  .custom<UploadedFile>((value) => value instanceof UploadedFile, 'is no file')
  .meta({ type: 'string', format: 'binary' });

/** How a row takes its body as a form. */
export interface Multipart {
  /** Of the whole body. */
  readonly maxBytes: number;
}

export type Form = Readonly<Record<string, string | UploadedFile>>;

/** No form of ours has as many. The parser walks every part, and strangers' parts may be as small as they like. */
const maxParts = 32;

/** The fields of a form by name. A name that comes twice is refused: whoever checks the one might use the other. */
export async function readForm(contentType: string, body: Buffer): Promise<Form> {
  requireFewParts(contentType, body);
  const fields = new Map<string, string | UploadedFile>();
  for (const [name, value] of await parse(contentType, body)) {
    if (fields.has(name)) throw badRequest(`The form has more than one ${name}`);
    fields.set(name, typeof value === 'string' ? value : await toUpload(value));
  }
  return Object.fromEntries(fields);
}

async function parse(contentType: string, body: Buffer): Promise<FormData> {
  try {
    // The platform's own parser: what browsers and `fetch` hold each other to.
    // A body from a socket never is shared memory, which the type has room for.
    return await new Response(body as Buffer<ArrayBuffer>, { headers: { 'content-type': contentType } }).formData();
  } catch {
    throw badRequest('The body is not a form of the boundary that its type names');
  }
}

function requireFewParts(contentType: string, body: Buffer): void {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  const delimiter = `--${boundary?.[1] ?? boundary?.[2] ?? ''}`;
  let count = 0;
  for (let at = body.indexOf(delimiter); at >= 0; at = body.indexOf(delimiter, at + delimiter.length)) {
    count += 1;
    // One more than there are parts closes the form.
    if (count > maxParts + 1) throw badRequest(`The form has more than ${maxParts} parts`);
  }
}

async function toUpload(file: File): Promise<UploadedFile> {
  return new UploadedFile(file.name, file.type, Buffer.from(await file.arrayBuffer()));
}
