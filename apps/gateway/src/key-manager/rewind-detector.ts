const patience = 5;

/**
 * Notices that the key manager counts from an older state than this gateway has seen: its database was restored or
 * replaced. One low heartbeat may come from a server that lags behind its sibling, so it takes several in a row.
 */
export class RewindDetector {
  private lowHeartbeats = 0;

  sees(heartbeat: number, newestSeen: number): boolean {
    this.lowHeartbeats = heartbeat < newestSeen ? this.lowHeartbeats + 1 : 0;
    if (this.lowHeartbeats < patience) return false;
    this.lowHeartbeats = 0;
    return true;
  }
}
