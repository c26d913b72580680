import { Metadata, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type {
  HotPathRequest,
  HotPathRequests,
  HotPathResponse,
  HotPathResponses,
} from '@keygate/proto/keymanager/v1/hot_path';

type Exchange = ServerDuplexStream<HotPathRequests, HotPathResponses>;
type Answer = NonNullable<HotPathResponse['response']>;

/** The open streams of a fake key manager, which answers one entry a message unless it is told to misbehave. */
export class FakeExchanges {
  readonly open = new Set<Exchange>();
  readonly received: HotPathRequest[] = [];
  opened = 0;
  /** False: entries are taken and never answered. */
  answers = true;

  constructor(private readonly answerOf: (entry: HotPathRequest) => Promise<Answer>) {}

  readonly serve = (call: Exchange): void => {
    this.opened += 1;
    this.open.add(call);
    call.sendMetadata(new Metadata());
    const running = new Set<Promise<void>>();
    call.on('data', ({ requests }: HotPathRequests) => {
      for (const entry of requests) running.add(this.answer(call, entry));
    });
    call.on('end', () => void Promise.all(running).then(() => call.end()));
    for (const event of ['cancelled', 'finish', 'error']) call.on(event, () => this.open.delete(call));
  };

  /** The same to every open stream. */
  say(message: HotPathResponses): void {
    for (const call of this.open) call.write(message);
  }

  /** Ends every open stream with a status, whatever is open on it. */
  break(code: status): void {
    for (const call of this.open) call.emit('error', { code, details: 'broken by the test' });
  }

  private async answer(call: Exchange, entry: HotPathRequest): Promise<void> {
    this.received.push(entry);
    if (!this.answers) return;
    const response = await this.answerOf(entry).catch(
      (error: { code?: status; message: string }): Answer => ({
        $case: 'failure',
        failure: { code: error.code ?? status.INTERNAL, details: error.message },
      }),
    );
    if (this.open.has(call)) call.write({ responses: [{ id: entry.id, response }], draining: false });
  }
}
