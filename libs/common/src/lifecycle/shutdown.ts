import type { Logger } from 'pino';

/** One Ctrl-C may arrive twice: from the terminal, and handed on by npm. */
const sameSignalMillis = 1_000;

/**
 * Ends the process in order: the first SIGTERM or SIGINT (or a supervisor that is gone) runs `stop` and exits 0; a
 * second signal or the deadline exits 1. A promise that nobody handled is a bug with unknown state, so it is logged
 * and ends the process with 1.
 */
export function onShutdown(logger: Logger, stop: () => Promise<void>, deadlineSeconds: number): void {
  let stoppingSince: number | undefined;
  const end = (code: number) => {
    logger.flush?.();
    process.exit(code);
  };
  const begin = (reason: string) => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince < sameSignalMillis) return;
      logger.warn({ reason }, 'stopping at once');
      end(1);
      return;
    }
    stoppingSince = performance.now();
    logger.info({ reason, deadlineSeconds }, 'stopping');
    setTimeout(
      () => {
        logger.error({ deadlineSeconds }, 'did not stop in time');
        end(1);
      },
      deadlineSeconds * 1_000 + 500,
    ).unref();
    stop().then(
      () => end(0),
      (error: unknown) => {
        logger.error({ err: error }, 'stopping failed');
        end(1);
      },
    );
  };
  process.on('SIGTERM', () => begin('SIGTERM'));
  process.on('SIGINT', () => begin('SIGINT'));
  // A supervisor that was killed can send no signal; the closed channel says it.
  if (process.channel) process.once('disconnect', () => begin('supervisor is gone'));
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
    process.on(event, (error: unknown) => {
      logger.fatal({ err: error }, event === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception');
      end(1);
    });
  }
}
