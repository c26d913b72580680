import type { AnswerHook, Answers } from './answers.js';
import type { Exchange } from './exchange.js';
import { mediateAnswer } from './mediation/mediate-answer.js';
import type { Ports } from './ports.js';
import type { Stage } from './stage.js';
import { authenticate } from './stages/authenticate.stage.js';
import { authorize } from './stages/authorize.stage.js';
import { cache } from './stages/cache.stage.js';
import { addCorsHeaders, cors } from './stages/cors.stage.js';
import { deny } from './stages/deny.stage.js';
import { proxy } from './stages/proxy.stage.js';
import { route } from './stages/route.stage.js';
import { subscription } from './stages/subscription.stage.js';
import { addRateLimitHeaders, throttle } from './stages/throttle.stage.js';
import { transform } from './stages/transform.stage.js';
import { validate } from './stages/validate.stage.js';

/** What happens to an API call, in this order. The text beside each stage says why it stands there. */
export const pipeline = (ports: Ports, answers: Answers): readonly Stage[] => [
  route(ports), // first: every later decision depends on the resource, and a malformed target must decide nothing
  cors(), // before authenticate: a preflight carries no token
  authenticate(ports), // before authorize: it finds out whose call this is
  authorize(), // before subscription: looks only at what it has in hand, token and resource
  subscription(ports), // before proxy: it knows the application and whether its key is for production or sandbox
  deny(), // behind subscription: a rule may name the application or its owner
  throttle(ports, answers), // behind deny: the tiers come from application and subscription, and only calls that may pass count
  validate(ports), // behind all that refuses by the head: only now is a body worth reading
  cache(ports), // behind validate: what is answered from memory has passed every gate, its own backend aside
  transform(ports, answers), // last before proxy: it changes what goes out, so that nothing is decided on the changed form
  proxy(ports, answers), // last: nothing reaches a backend that has not passed all above
];

/** What is done to the headers of every answer on its way out. */
export const onAnswer: readonly AnswerHook[] = [mediateAnswer, addCorsHeaders, addRateLimitHeaders];

/** Runs the stages in order; a promise is waited for only where a stage really returned one. */
export function runStages(stages: readonly Stage[], exchange: Exchange, from = 0): void | Promise<void> {
  for (let i = from; i < stages.length; i++) {
    const pending = (stages[i] as Stage).run(exchange);
    if (pending !== undefined) {
      // It may have ended meanwhile: a payload that goes over its quota does so while another stage reads it.
      return pending.then(() => (exchange.fault === undefined ? runStages(stages, exchange, i + 1) : undefined));
    }
    if (exchange.ownAnswer !== undefined) return;
  }
}
