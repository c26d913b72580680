const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Ids come from paths; what is no UUID names nothing and never reaches a query. */
export function isUuid(id: string): boolean {
  return uuid.test(id);
}
