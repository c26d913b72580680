const waiting: (() => void)[] = [];
let isScheduled = false;

/** Does the work when nothing else is to be done, one piece in each turn of the event loop, so that no request waits long. */
export function prepareLater(work: () => void): void {
  waiting.push(work);
  if (!isScheduled) schedule();
}

function schedule(): void {
  isScheduled = true;
  setImmediate(doOne).unref();
}

function doOne(): void {
  isScheduled = false;
  const work = waiting.shift();
  try {
    work?.();
  } catch {
    // Whoever needs the result does it again and hears why.
  }
  if (waiting.length > 0) schedule();
}
