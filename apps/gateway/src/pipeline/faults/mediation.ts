import type { Fault } from './fault.js';

/** Bodies and policies: what is validated and changed on the way. */
export const mediationFaults = {
  requestUnfit: {
    code: '400',
    status: 400,
    message: 'Bad Request',
    description: 'Schema validation failed in the Request: ',
  },
  answerUnfit: {
    code: '500',
    status: 500,
    message: 'Internal Server Error',
    description: 'Schema validation failed in the Response: ',
  },
  payloadMalformed: {
    code: '601000',
    status: 500,
    message: 'Message building failed',
    description: 'The payload cannot be read.',
  },
  mediationBroken: {
    code: '900900',
    status: 503,
    message: 'Unclassified Failure',
    description: 'The policies or the definition of the API cannot be applied. Nothing passes without them.',
  },
  mediationBusy: {
    code: '900900',
    status: 503,
    message: 'Service Unavailable',
    description: 'Too many bodies are being read at the moment. Try again shortly.',
  },
} as const satisfies Record<string, Fault>;
