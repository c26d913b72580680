// Loaded into the gateway that is measured: says how much memory it holds once nothing is garbage any more.
import { setTimeout as pause } from 'node:timers/promises';

process.on('message', async (message) => {
  if (message?.bench !== 'memory') return;
  // What one collection frees may be what lets a later one free more.
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await pause(50);
  }
  process.send({ memory: process.memoryUsage() });
});
