/** What is taken of any client, made here or adopted. */
export interface QueueOptions {
  /**
   * How many commands may wait while there is no connection, 0 or more; default 10,000, `Infinity` as many as there are. What is more is
   * rejected with the driver's error of a client that is offline. Not of clusters and Sentinel clients.
   */
  maxQueued?: number
  /** Whether a replica will do, for reads: without this one is told as `READONLY`. Default false. */
  replica?: boolean
}
