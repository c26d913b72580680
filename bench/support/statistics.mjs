/** The value below which the share `q` of the sorted values lies, interpolated between neighbours. */
export function quantile(values, q) {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

/** Median and quartiles: a round that something else disturbed moves them little. */
export function summary(values) {
  return { median: quantile(values, 0.5), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

/**
 * The ratios of two contenders, round by round: what disturbs a whole round (another program, a slower clock) disturbs
 * both and leaves the ratio as it is.
 */
export function ratios(ours, theirs) {
  if (ours.length !== theirs.length) throw new Error(`${ours.length} rounds against ${theirs.length}`);
  return ours.map((value, round) => value / theirs[round]);
}

/** A copy in random order, so that nobody always runs after the same other one. */
export function shuffled(list, random = Math.random) {
  const copy = [...list];
  for (let last = copy.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [copy[last], copy[other]] = [copy[other], copy[last]];
  }
  return copy;
}

/** Three significant digits, with thin thousands. */
export function digits(value) {
  if (!Number.isFinite(value)) return '–';
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) >= 1_000 ? rounded.toLocaleString('en-US') : String(rounded);
}

/** `median (low–high)`. */
export function spread(values) {
  const { median, low, high } = summary(values);
  return `${digits(median)} (${digits(low)}–${digits(high)})`;
}
