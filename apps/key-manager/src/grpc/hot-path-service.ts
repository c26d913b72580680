import type { HotPathServiceServer } from '@keygate/proto/keymanager/v1/hot_path';
import type { AnswerEntry } from './hot-path-answer.js';
import { HotPathExchange } from './hot-path-exchange.js';
import type { OpenStreams } from './open-streams.js';

/** HotPathService as grpc-js takes it. Its streams are counted and told to go with all others. */
export function hotPathService(answer: AnswerEntry, streams: OpenStreams, maxInFlight: number): HotPathServiceServer {
  return {
    exchange: (call) => {
      const exchange = new HotPathExchange(call, answer, { maxInFlight });
      const left = streams.enter('hot_path', () => exchange.drain());
      void exchange.serve().finally(left);
    },
  };
}
