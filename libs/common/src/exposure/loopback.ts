/** Whether an address to listen on can be reached from this machine only. A host name other than `localhost` is not asked for. */
export function isLoopback(address: string): boolean {
  return /^(localhost|::1|\[::1\]|127(\.\d{1,3}){3})$/i.test(address);
}
