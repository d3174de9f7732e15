import type { Audience } from './audience.js'
import type { Offers } from './offers.js'

/** A client, as one that has sessions of its own with servers. */
export interface OwnSide {
  /** It alone. */
  readonly audience: Audience
  /** What these servers offer to it. */
  readonly offers: Offers
}

/** A server with which each client has a session of its own. */
export interface IsolatedServer {
  /**
   * Begins the session of this client if there is none, and resolves when it runs, or its first try has failed: to the name of its
   * resource.
   *
   * @throws CallError when there is no room for one more, or the proxy shuts down.
   */
  open(client: OwnSide): Promise<string>
  /** The client has gone, and its session with it. */
  close(client: OwnSide): void
}
