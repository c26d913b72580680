import { type OwnUrl, ownUrl } from '@keygate/common/dpop';

/** The base URLs under which clients reach this gateway: what it calls itself, whatever a Host header says. */
export class OwnUrls {
  #all: readonly { readonly url: OwnUrl; readonly host: string }[] = [];

  /** Told once the port is known. */
  servedAt(urls: readonly string[]): void {
    this.#all = urls.map((text) => ({ url: ownUrl(text), host: new URL(text).host }));
  }

  all = (): readonly OwnUrl[] => this.#all.map(({ url }) => url);

  /**
   * The one that the Host header of a request names, else the first. The header only chooses among the configured ones, so
   * nobody can make this gateway take a proof that was made for another server.
   */
  chosenBy(host: string | undefined): string | undefined {
    const { url } = this.#all.find((own) => own.host === host?.toLowerCase()) ?? this.#all[0] ?? {};
    return url && url.origin + url.prefix;
  }
}
