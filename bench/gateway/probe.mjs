import { gatedRequests, openRequests } from './contenders.mjs';
import { appOf, body, hashOf, pathOf, requestText, scopedPath, smallWorld, special } from './world.mjs';

/**
 * Throws unless a contender really does what it is measured for: the backend's answer, and the refusals of its gate.
 * `mayLack`: a build of ours from before a gate can be measured too; what it lacks is answered, to be said in the table.
 */
export async function probe(generator, { name, target, isOpen, refuses = [], mayLack = [] }) {
  const ask = (request) => generator.run({ kind: 'once', name, target, request });
  const answer = await ask((isOpen ? openRequests : gatedRequests)[0]);
  if (answer.status !== 200 || answer.body !== body) {
    throw new Error(`${name} answers ${answer.status} ${answer.body.slice(0, 300)}`);
  }
  const lacking = [];
  for (const refusal of refuses) {
    await refusals[refusal](ask, name).catch((error) => {
      if (!mayLack.includes(refusal)) throw error;
      lacking.push(refusal);
    });
  }
  return lacking;
}

const expect = async (ask, name, request, status) => {
  const answer = await ask(request);
  if (answer.status !== status) throw new Error(`${name} answers ${answer.status}, not ${status}, to ${request}`);
};

const refusals = {
  async token(ask, name) {
    await expect(ask, name, requestText(scopedPath), 401);
    await expect(ask, name, requestText(scopedPath, special.unknown), 401);
  },
  async scope(ask, name) {
    await expect(ask, name, requestText(pathOf(appOf(hashOf(special.unscoped), smallWorld)), special.unscoped), 403);
  },
  async throttle(ask, name) {
    const request = requestText(scopedPath, special.limited);
    await ask(request);
    await ask(request);
    await expect(ask, name, request, 429);
  },
};
