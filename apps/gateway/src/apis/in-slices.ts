/** Longest time in one go, milliseconds: so long may a request wait behind it. */
const sliceMillis = 4;

/**
 * Does long work a few milliseconds at a time, with the event loop turning in between. The first slice runs at once, so
 * that short work is done when this returns. The work yields wherever it may pause.
 */
export function inSlices<Result>(work: Generator<void, Result>): Promise<Result> | Result {
  const first = slice(work);
  if (first.done === true) return first.value;
  return new Promise((resolve, reject) => {
    const next = () => {
      try {
        const step = slice(work);
        if (step.done === true) resolve(step.value);
        else setImmediate(next);
      } catch (error) {
        reject(error);
      }
    };
    setImmediate(next);
  });
}

function slice<Result>(work: Generator<void, Result>): IteratorResult<void, Result> {
  const end = performance.now() + sliceMillis;
  let step = work.next();
  while (step.done !== true && performance.now() < end) step = work.next();
  return step;
}

/** How many entities are compiled between two looks at the clock. */
const paceEntities = 64;

/** Goes through a collection, and lets the caller pause now and then: `yield* paced(items, (item) => …)`. */
export function* paced<Item>(items: Iterable<Item>, each: (item: Item) => void): Generator<void, void> {
  let count = 0;
  for (const item of items) {
    each(item);
    if (++count % paceEntities === 0) yield;
  }
}

/** All of it at once. */
export function inOneGo<Result>(work: Generator<void, Result>): Result {
  let step = work.next();
  while (step.done !== true) step = work.next();
  return step.value;
}
