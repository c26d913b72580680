/** A failure that has been printed already, e.g. as JSON: exit code 1 and nothing more to say. */
export class Reported extends Error {
  override readonly name = 'Reported';
}
