/** How clients are told that their server stops. */
export interface GoodbyeOptions {
  /**
   * The event that every client gets before its connection is closed, with `{ retryMs }`; default `'keelson:goodbye'`, `false`: none.
   * Socket.IO's own clients reconnect by themselves; this is for those that want to know, and when.
   */
  event?: string | false
  /**
   * The time over which clients are told goodbye, one after the other, in ms, so that they do not come back all at once. Default: 20 ms for
   * each, at most half of the time that the drain has (10 s when that is not known). Never more than three quarters of that time.
   */
  spread?: number
  /**
   * When clients are to come back at the earliest, in ms; each is told another time, up to twice this, and a later one when `spread` is
   * short for so many. Default 1_000.
   */
  retry?: number
  /**
   * How long a client is waited for, in ms; default 3_000: until it has sent acknowledgements that are due, and until it has closed its
   * side, after which it is cut off. The same holds for an acknowledgement that no handler calls. A handler that
   * awaits one of a client that is gone is waited for at most half of the drain.
   */
  timeout?: number
}

export const GOODBYE: Readonly<Required<Omit<GoodbyeOptions, 'spread'>>> = {
  event: 'keelson:goodbye',
  retry: 1_000,
  timeout: 3_000,
}
