// How many argon2id checks a second these cores can do when they do nothing else. Started by bench/parts/passwords.mjs.
import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';

const { memoryKib, iterations } = JSON.parse(process.env.BENCH_SETTINGS);
const options = { algorithm: 2, memoryCost: memoryKib, timeCost: iterations, parallelism: 1, outputLen: 32 };
const stored = await hash('a password of some length', options);

process.on('message', async ({ seconds }) => {
  let count = 0;
  const began = performance.now();
  const loop = async () => {
    for (; performance.now() - began < seconds * 1_000; count++) {
      if (!(await verify(stored, 'a password of some length'))) throw new Error('the right password was refused');
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, loop));
  process.send({ count, perSecond: count / ((performance.now() - began) / 1_000) });
});
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());
process.send({ ready: true });
