// Container health: the role in this container is ready. Asks the operations listener, which is on loopback by default.
const offset = Number(process.env.PORT_OFFSET ?? 0);
const ports = [process.env.GATEWAY_OPERATIONS_PORT ?? 9643, process.env.KEY_MANAGER_OPERATIONS_PORT ?? 9844];

const answers = await Promise.allSettled(
  ports.map((port) =>
    fetch(`http://127.0.0.1:${Number(port) + offset}/readyz`, { signal: AbortSignal.timeout(2_500) }),
  ),
);
const isReady = answers.some((answer) => answer.status === 'fulfilled' && answer.value.status === 200);
process.exit(isReady ? 0 : 1);
