/** How clients are told that their server stops. */
export interface GoodbyeOptions {
  /**
   * The event that every client gets before its connection is closed, with `{ retryInMs }`; default `'keelson:goodbye'`, `false`: none.
   * Socket.IO's own clients reconnect by themselves; this is for those that want to know, and when.
   */
  event?: string | false
  /**
   * Over how many ms the goodbyes are spread, so that the clients do not all reconnect in one instant; default 10 ms a client, and never
   * more than half of what the drain may take.
   */
  spread?: number
  /** After how many ms clients are asked to come back, each with a part of chance (half of it to one and a half); default 1_000. */
  retryIn?: number
  /**
   * How long a client is waited for, in ms; default 3_000: until it has sent acknowledgements that are due, and until it has closed its
   * side, after which it is cut off. The same holds for an acknowledgement that no handler calls.
   */
  timeout?: number
}

export const GOODBYE: Readonly<Required<Omit<GoodbyeOptions, 'spread'>>> = {
  event: 'keelson:goodbye',
  retryIn: 1_000,
  timeout: 3_000,
}

/** Ms between two goodbyes: a hundred clients a second, each with its handshake, is what whoever takes them over has to bear. */
const EACH = 10

/** Over how many ms the goodbyes to so many clients are spread, in a drain of so many. */
export function spreadOf(clients: number, within: number, { spread }: GoodbyeOptions): number {
  return Math.min(spread ?? clients * EACH, within / 2)
}
