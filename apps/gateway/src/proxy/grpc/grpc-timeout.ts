const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 };

/** Milliseconds of a `grpc-timeout` header; undefined when there is none, or none that means anything. */
export function grpcTimeoutMillis(value: string | undefined): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(value ?? '') ?? [];
  if (amount === undefined) return undefined;
  // Beyond what a timer can count it is no deadline.
  return Math.min(Math.ceil(Number(amount) * (units[unit] as number)), 0x7fff_ffff);
}
