/** Entries for optional platform packages that a lock file names as dependencies but does not list. */
export function missingEntries(packages: Readonly<Record<string, object>>): Record<string, object>;
